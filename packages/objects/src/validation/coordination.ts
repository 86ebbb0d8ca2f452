import type { FieldError } from '../field-error.js';
import type { Lease, PriorityClass } from '../kinds/api-types.js';
import { forbidden, invalidValue, NOT_POSITIVE, nonNegative, oneOf } from './field-errors.js';
import { validateUnchanged } from './object-meta.js';

/** pkg/apis/coordination/validation ValidateLeaseSpec. */
export function validateLease({ spec }: Lease): FieldError[] {
  const seconds = spec?.leaseDurationSeconds;
  return [
    ...(seconds !== undefined && seconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', seconds, NOT_POSITIVE)]
      : []),
    ...nonNegative('spec.leaseTransitions', spec?.leaseTransitions),
  ];
}

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);
const PREEMPTION = ['PreemptLowerPriority', 'Never'];

/** The `system-` names and the values above 10⁹ are reserved (pkg/apis/scheduling/validation ValidatePriorityClass). */
export function validatePriorityClass({ metadata, value = 0, preemptionPolicy }: PriorityClass): FieldError[] {
  const name = metadata?.name ?? '';
  const errors = oneOf('preemptionPolicy', preemptionPolicy, PREEMPTION);
  if (name.startsWith('system-')) {
    if (SYSTEM_PRIORITIES.get(name) !== value) {
      const detail = "priority class names with 'system-' prefix are reserved for system use only";
      errors.push(forbidden('metadata.name', `${detail}. error: ${name} is not a known system priority class`));
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    const detail = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
    errors.push(forbidden('value', detail));
  }
  return errors;
}

export function validatePriorityClassUpdate(object: PriorityClass, current: PriorityClass): FieldError[] {
  return [
    ...(object.value === current.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...validateUnchanged('preemptionPolicy', object.preemptionPolicy, current.preemptionPolicy),
  ];
}
