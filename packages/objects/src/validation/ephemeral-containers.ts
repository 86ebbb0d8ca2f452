import type { FieldError } from '../field-error.js';
import type { EphemeralContainer, Pod, PodSpec } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { validateContainer } from './container.js';
import { duplicate, forbidden, missing } from './field-errors.js';
import { validatePodSpec } from './pod-spec.js';

const FIELD = 'spec.ephemeralContainers';
const NOT_HERE = 'cannot be set for an Ephemeral Container';
/** An ephemeral container is for debugging and no part of the pod's service, so nothing may depend on it. */
const UNUSABLE = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resizePolicy'] as const;

/** pkg/apis/core/validation validateEphemeralContainers. */
function validateEphemeralContainers(spec: PodSpec): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const others = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return (spec.ephemeralContainers ?? []).flatMap((container, at) => {
    const path = `${FIELD}[${at}]`;
    const errors = validateContainer(container, volumes, path);
    const { name, targetContainerName: target, resources, volumeMounts } = container;
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (target && !others.has(target)) errors.push(missing(`${path}.targetContainerName`, target));
    const set = UNUSABLE.filter((field) => container[field] !== undefined);
    errors.push(...set.map((field) => forbidden(`${path}.${field}`, NOT_HERE)));
    if (Object.keys(resources ?? {}).length > 0) errors.push(forbidden(`${path}.resources`, NOT_HERE));
    for (const [index, mount] of (volumeMounts ?? []).entries()) {
      for (const field of ['subPath', 'subPathExpr'] as const) {
        if (mount[field]) errors.push(forbidden(`${path}.volumeMounts[${index}].${field}`, NOT_HERE));
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
  const spec = pod.spec ?? { containers: [] };
  if (Object.hasOwn(current.metadata?.annotations ?? {}, 'kubernetes.io/config.mirror')) {
    return [forbidden('', 'static pods do not support ephemeral containers')];
  }
  return [
    ...validatePodSpec(spec, 'spec'),
    ...validateEphemeralContainers(spec),
    ...keptErrors(spec.ephemeralContainers ?? [], current.spec?.ephemeralContainers ?? []),
  ];
}
