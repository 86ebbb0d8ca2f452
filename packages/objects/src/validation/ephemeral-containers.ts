import type { FieldError } from '../field-error.js';
import type { PodSpec } from '../kinds/api-types.js';
import { type ContainerContext, validateContainer } from './container.js';
import { duplicate, forbidden, missing } from './field-errors.js';

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
