import type { FieldError } from '../field-error.js';
import type { Lease, PriorityClass } from '../kinds/api-types.js';
import { systemPriorityOf } from '../pod-priority.js';
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
const PREEMPTION = ['PreemptLowerPriority', 'Never'];

/** pkg/apis/scheduling/validation ValidatePriorityClass, as far as it concerns updates too. */
export function validatePriorityClass({ preemptionPolicy }: PriorityClass): FieldError[] {
  return oneOf('preemptionPolicy', preemptionPolicy, PREEMPTION);
}

/** The `system-` names and the values above 10⁹ are reserved (pkg/apis/scheduling/validation ValidatePriorityClass). */
export function validateNewPriorityClass({ metadata, value = 0, globalDefault }: PriorityClass): FieldError[] {
  const name = metadata?.name ?? '';
  if (!name.startsWith('system-')) {
    const detail = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
    return value > HIGHEST_USER_PRIORITY ? [forbidden('value', detail)] : [];
  }
  const fault = unlikeSystemClass(name, value, globalDefault ?? false);
  const detail = "priority class names with 'system-' prefix are reserved for system use only";
  return fault ? [forbidden('metadata.name', `${detail}. error: ${fault}`)] : [];
}

/** Source: pkg/apis/scheduling/v1/helpers.go, IsKnownSystemPriorityClass. */
function unlikeSystemClass(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = systemPriorityOf(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function validatePriorityClassUpdate(object: PriorityClass, current: PriorityClass): FieldError[] {
  return [
    ...(object.value === current.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...validateUnchanged('preemptionPolicy', object.preemptionPolicy, current.preemptionPolicy),
  ];
}
