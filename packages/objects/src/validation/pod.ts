import type { FieldError } from '../field-error.js';
import type { Affinity, Container, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { forbidden, invalidValue, required, withinRange } from './field-errors.js';
import { goNodeTerm } from './go-values.js';
import { validateAnnotationUpdate, validateProfilesMatch, validateSpecAnnotations } from './pod-annotations.js';
import { validatePodSpec } from './pod-spec.js';
import { validateTolerations } from './toleration.js';

const MAX_INT32 = 2 ** 31 - 1;
const ANNOTATIONS = 'metadata.annotations';

/** A pod, new or changed. Source: pkg/apis/core/validation validatePodMetadataAndSpec, without the metadata. */
export function validatePod({ metadata, spec = { containers: [] } }: Pod): FieldError[] {
  const { annotations } = metadata ?? {};
  const errors = [
    ...(annotations ? validateSpecAnnotations(annotations, spec, ANNOTATIONS) : []),
    ...validatePodSpec(spec, 'spec', { name: metadata?.name ?? '' }),
  ];
  if (!spec.serviceAccountName) {
    for (const [at, { projected }] of (spec.volumes ?? []).entries()) {
      for (const [index, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
        if (!serviceAccountToken) continue;
        const path = `spec.volumes[${at}].projected.sources[${index}].serviceAccountToken`;
        errors.push(forbidden(path, 'must not be specified when serviceAccountName is not set'));
      }
    }
  }
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    errors.push(...paddedImages(spec[list], `spec.${list}`));
  }
  return errors;
}

const paddedImages = (containers: readonly Container[] | undefined, field: string): FieldError[] =>
  (containers ?? []).flatMap(({ image = '' }, at) =>
    image.trim() === image
      ? []
      : [invalidValue(`${field}[${at}].image`, image, 'must not have leading or trailing whitespace')],
  );

/** What only a new pod may not have. Source: ValidatePodCreate. */
export function validatePodCreate(pod: Pod): FieldError[] {
  const { spec } = pod;
  const errors: FieldError[] = [];
  if (spec?.ephemeralContainers?.length) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec?.schedulingGates?.length && spec.nodeName) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return [...errors, ...validateProfilesMatch(pod.metadata?.annotations, spec, 'spec')];
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
  if (errors.length === 0 && current.activeDeadlineSeconds !== undefined && deadline > current.activeDeadlineSeconds) {
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
  if (lost) return [forbidden('spec.tolerations', detail)];
  return validateTolerations(tolerations, 'spec.tolerations');
}

/** The grace period cannot change, except that a negative one may become 1. */
function graceUnchanged(spec: PodSpec, current: PodSpec): boolean {
  const before = current.terminationGracePeriodSeconds;
  const after = spec.terminationGracePeriodSeconds;
  return before === after || (before !== undefined && before < 0 && after === 1);
}

/** Source: validateOnlyDeletedSchedulingGates. */
function addedGates(spec: PodSpec, before: PodSpec): FieldError[] {
  return (spec.schedulingGates ?? []).flatMap(({ name }, at) => {
    if (before.schedulingGates?.some((gate) => gate.name === name)) return [];
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbidden(`spec.schedulingGates[${at}].name`, detail)];
  });
}

const hasOnlyAdditions = (after: readonly unknown[] = [], before: readonly unknown[] = []): boolean =>
  before.length <= after.length && semanticallyEqual(after.slice(0, before.length), before);

function termHasOnlyAdditions(after: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const isEmpty = ({ matchExpressions, matchFields }: NodeSelectorTerm): boolean =>
    !matchExpressions?.length && !matchFields?.length;
  if (isEmpty(before) && !isEmpty(after)) return false;
  return (
    hasOnlyAdditions(after.matchExpressions, before.matchExpressions) &&
    hasOnlyAdditions(after.matchFields, before.matchFields)
  );
}

/** The node affinity of a gated pod may become narrower. Source: validateNodeAffinityMutation. */
function affinityErrors(after: Affinity | undefined, before: Affinity | undefined): FieldError[] {
  const termsOf = (affinity: Affinity | undefined): NodeSelectorTerm[] =>
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [terms, old] = [termsOf(after), termsOf(before)];
  const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (old.length === 0) return [];
  if (old.length !== terms.length) {
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    return [invalidValue(field, terms.length === 0 ? null : terms.map(goNodeTerm), detail)];
  }
  return terms.flatMap((term, at) =>
    termHasOnlyAdditions(term, old[at] ?? {})
      ? []
      : [invalidValue(`${field}[${at}]`, goNodeTerm(term), 'only additions are allowed (no mutations or deletions)')],
  );
}

/** What a pod with scheduling gates may change of its placement, and its spec with the placement of before. */
function gatedPart(spec: PodSpec, before: PodSpec): { errors: FieldError[]; rest: PodSpec } {
  const kept = Object.entries(before.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
  const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  const errors = kept ? [] : [invalidValue('spec.nodeSelector', spec.nodeSelector ?? null, detail)];
  const { nodeSelector: _asked, affinity, ...others } = spec;
  const { nodeAffinity: _narrower, ...otherAffinity } = affinity ?? {};
  const nodeAffinity = before.affinity?.nodeAffinity;
  const whole = { ...otherAffinity, ...(nodeAffinity && { nodeAffinity }) };
  const isUnset = before.affinity === undefined && Object.keys(whole).length === 0;
  return {
    errors: [...errors, ...affinityErrors(affinity, before.affinity)],
    rest: {
      ...others,
      ...(before.nodeSelector && { nodeSelector: before.nodeSelector }),
      ...(isUnset ? {} : { affinity: whole }),
    },
  };
}

/**
 * The rules of an update of a pod (pkg/apis/core/validation ValidatePodUpdate), in addition to those of the pod itself:
 * it may change images, shorten the deadline, add tolerations and remove scheduling gates.
 */
export function validatePodUpdate(pod: Pod, current: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  const before = current.spec ?? { containers: [] };
  const errors = validateAnnotationUpdate(
    pod.metadata?.annotations ?? {},
    current.metadata?.annotations ?? {},
    ANNOTATIONS,
  );
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list] ?? [];
    if (containers.length !== (before[list] ?? []).length) {
      return [...errors, forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
    for (const [at, { image }] of containers.entries()) if (!image) errors.push(required(`spec.${list}[${at}].image`));
    errors.push(...paddedImages(containers, `spec.${list}`));
  }
  const deadline = validateDeadline(spec, before);
  errors.push(...deadline);
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return errors;
  errors.push(...validateAddedTolerations(spec, before), ...addedGates(spec, before));
  const gated = before.schedulingGates?.length ? gatedPart(spec, before) : undefined;
  if (gated) errors.push(...gated.errors);
  const comparable = gated?.rest ?? spec;
  if (!semanticallyEqual(fixedPart(comparable), fixedPart(before)) || !graceUnchanged(spec, before)) {
    errors.push(forbidden('spec', `pod updates may not change fields other than ${CHANGEABLE}`));
  }
  return errors;
}
