import type { FieldError } from '../field-error.js';
import type { EphemeralContainer, Pod, PodSpec } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { type ContainerContext, validateContainer } from './container.js';
import { duplicate, forbidden, missing } from './field-errors.js';
import { validatePod } from './pod.js';

const FIELD = 'spec.ephemeralContainers';
const NOT_HERE = 'cannot be set for an Ephemeral Container';
/** An ephemeral container is for debugging and no part of the pod's service, so nothing may depend on it. */
const UNUSABLE = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** True for a field that a client has set: defaults fill in empty resources. */
const isSet = (value: unknown): boolean =>
  value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** pkg/apis/core/validation validateEphemeralContainers. */
export function validateEphemeralContainers(spec: PodSpec, context: ContainerContext, field: string): FieldError[] {
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return (spec.ephemeralContainers ?? []).flatMap((container, at) => {
    const path = `${field}.ephemeralContainers[${at}]`;
    const errors = validateContainer(container, context, path);
    const { name, targetContainerName: target, volumeMounts } = container;
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (target && !others.has(target)) errors.push(missing(`${path}.targetContainerName`, target));
    const set = UNUSABLE.filter((member) => isSet(container[member]));
    errors.push(...set.map((member) => forbidden(`${path}.${member}`, NOT_HERE)));
    for (const [index, mount] of (volumeMounts ?? []).entries()) {
      for (const member of ['subPath', 'subPathExpr'] as const) {
        if (mount[member]) errors.push(forbidden(`${path}.volumeMounts[${index}].${member}`, NOT_HERE));
      }
    }
    return errors;
  });
}

/** Existing ephemeral containers cannot change. Their order has no meaning: a patch may change it. */
function keptErrors(after: readonly EphemeralContainer[], before: readonly EphemeralContainer[]): FieldError[] {
  return before.flatMap((old) => {
    const now = after.find(({ name }) => name === old.name);
    const what = `existing ephemeral containers ${JSON.stringify(old.name)}`;
    if (!now) return [forbidden(FIELD, `${what} may not be removed\n`)];
    return semanticallyEqual(now, old) ? [] : [forbidden(FIELD, `${what} may not be changed\n`)];
  });
}

/** Source: pkg/apis/core/validation ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralContainersUpdate(pod: Pod, current: Pod): FieldError[] {
  if (Object.hasOwn(current.metadata?.annotations ?? {}, 'kubernetes.io/config.mirror')) {
    return [forbidden('', 'static pods do not support ephemeral containers')];
  }
  return [
    ...validatePod(pod),
    ...keptErrors(pod.spec?.ephemeralContainers ?? [], current.spec?.ephemeralContainers ?? []),
  ];
}
