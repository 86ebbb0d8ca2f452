import type { FieldError } from '../field-error.js';
import type { Container, Pod, PodSpec, Toleration } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, invalidValue, required, withinRange } from './field-errors.js';
import { validateUnchanged } from './object-meta.js';
import { validatePodSpec } from './pod-spec.js';
import { validateTolerations } from './toleration.js';

const MAX_INT32 = 2 ** 31 - 1;

/** The spec of a new pod. Metadata is validated separately. */
export function validatePodCreate(pod: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  const errors = validatePodSpec(spec, 'spec');
  if (spec.ephemeralContainers?.length) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.schedulingGates?.length && spec.nodeName) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

const CHANGEABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

const withoutImages = (containers: readonly Container[] | undefined): unknown =>
  containers?.map(({ image: _image, ...rest }) => rest);

/** A spec without the fields that an update may change. Removed gates are checked separately. */
function fixedPart(spec: PodSpec): unknown {
  const {
    containers,
    initContainers,
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    terminationGracePeriodSeconds: _grace,
    schedulingGates: _gates,
    // The old name of serviceAccountName; serviceAccountName is compared.
    serviceAccount: _account,
    ...rest
  } = spec;
  return { ...rest, containers: withoutImages(containers), initContainers: withoutImages(initContainers) };
}

function validateDeadline(spec: PodSpec, current: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const { activeDeadlineSeconds: deadline } = spec;
  if (deadline === undefined) {
    const dropped = current.activeDeadlineSeconds !== undefined;
    return dropped ? [invalidValue(field, null, 'must not update from a positive integer to nil value')] : [];
  }
  const errors = withinRange(field, deadline, 0, MAX_INT32);
  if (current.activeDeadlineSeconds !== undefined && deadline > current.activeDeadlineSeconds) {
    errors.push(invalidValue(field, deadline, 'must be less than or equal to previous value'));
  }
  return errors;
}

const sameToleration = (a: Toleration, b: Toleration): boolean =>
  (['key', 'operator', 'value', 'effect'] as const).every((name) => (a[name] ?? '') === (b[name] ?? ''));

function validateAddedTolerations(spec: PodSpec, current: PodSpec): FieldError[] {
  const tolerations = spec.tolerations ?? [];
  const lost = (current.tolerations ?? []).some((old) => !tolerations.some((each) => sameToleration(each, old)));
  const detail = 'existing toleration can not be modified except its tolerationSeconds';
  return [
    ...(lost ? [forbidden('spec.tolerations', detail)] : []),
    ...validateTolerations(tolerations, 'spec.tolerations'),
  ];
}

/** The grace period cannot change, except that a negative one may become 1. */
function graceUnchanged(spec: PodSpec, current: PodSpec): boolean {
  const before = current.terminationGracePeriodSeconds;
  const after = spec.terminationGracePeriodSeconds;
  return before === after || (before !== undefined && before < 0 && after === 1);
}

function validateImages(spec: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image }, index) => (image ? [] : [required(`spec.${list}[${index}].image`)])),
  );
}

/**
 * The rules of an update of a pod's spec (pkg/apis/core/validation ValidatePodUpdate): it may change images, shorten
 * the deadline, add tolerations and remove scheduling gates.
 */
export function validatePodUpdate(pod: Pod, current: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  const before = current.spec ?? { containers: [] };
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length) {
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
  }
  const errors = [
    ...validateImages(spec),
    ...validateDeadline(spec, before),
    ...validateAddedTolerations(spec, before),
  ];
  const gates = before.schedulingGates ?? [];
  const added = (spec.schedulingGates ?? []).filter(({ name }) => !gates.some((gate) => gate.name === name));
  if (added.length > 0) {
    const names = added.map(({ name }) => name).join(', ');
    errors.push(
      forbidden('spec.schedulingGates', `only deletion is allowed, but found new scheduling gates '${names}'`),
    );
  }
  const gated = gates.length > 0;
  const selectorGrew = Object.entries(before.nodeSelector ?? {}).every(
    ([key, value]) => spec.nodeSelector?.[key] === value,
  );
  if (gated && !selectorGrew) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    errors.push(invalidValue('spec.nodeSelector', spec.nodeSelector ?? {}, detail));
  }
  // The node selector of a pod with scheduling gates may become narrower.
  const { nodeSelector: _asked, ...others } = spec;
  const comparable = gated ? { ...others, ...(before.nodeSelector && { nodeSelector: before.nodeSelector }) } : spec;
  if (!semanticallyEqual(fixedPart(comparable), fixedPart(before)) || !graceUnchanged(spec, before)) {
    errors.push(forbidden('spec', `pod updates may not change fields other than ${CHANGEABLE}`));
  }
  return errors;
}

export function validatePodStatusUpdate(pod: Pod, current: Pod): FieldError[] {
  return validateUnchanged('status.qosClass', pod.status?.qosClass, current.status?.qosClass ?? pod.status?.qosClass);
}
