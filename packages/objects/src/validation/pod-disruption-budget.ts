import type { FieldError } from '../field-error.js';
import type { IntOrString, PodDisruptionBudget } from '../kinds/api-types.js';
import { invalidValue, notSupported } from './field-errors.js';
import { validateAtMostAll, validateIntOrPercent } from './int-or-percent.js';
import { validateLabelSelector } from './label-selector.js';

const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** pkg/apis/policy/validation, ValidatePodDisruptionBudgetSpec. */
export function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const share = (field: string, value: IntOrString | undefined): FieldError[] =>
    value === undefined ? [] : [...validateIntOrPercent(field, value), ...validateAtMostAll(field, value)];
  const both = minAvailable !== undefined && maxUnavailable !== undefined;
  return [
    ...(both ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...share('spec.minAvailable', minAvailable),
    ...share('spec.maxUnavailable', maxUnavailable),
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : []),
    ...(policy !== undefined && !POLICIES.includes(policy)
      ? [notSupported('spec.unhealthyPodEvictionPolicy', policy, POLICIES)]
      : []),
  ];
}
