import type { FieldError } from '../field-error.js';
import type { Condition, IntOrString, PodDisruptionBudget } from '../kinds/api-types.js';
import { invalidFor, invalidValue, nonNegative, notSupported, required, tooLong } from './field-errors.js';
import { goBudget } from './go-values.js';
import { validateAtMostAll, validateIntOrPercent } from './int-or-percent.js';
import { validateLabelSelector } from './label-selector.js';
import { labelKeyMessages } from './names.js';

const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** pkg/apis/policy/validation, ValidatePodDisruptionBudgetSpec. */
export function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const share = (field: string, value: IntOrString | undefined): FieldError[] =>
    value === undefined ? [] : [...validateIntOrPercent(field, value), ...validateAtMostAll(field, value)];
  const both = minAvailable !== undefined && maxUnavailable !== undefined;
  return [
    ...(both ? [invalidValue('spec', goBudget(spec), 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...share('spec.minAvailable', minAvailable),
    ...share('spec.maxUnavailable', maxUnavailable),
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : []),
    ...(policy !== undefined && !POLICIES.includes(policy)
      ? [notSupported('spec.unhealthyPodEvictionPolicy', policy, POLICIES)]
      : []),
  ];
}

const STATUSES = ['False', 'True', 'Unknown'];
const MAX_REASON = 1024;
const MAX_MESSAGE = 32_768;
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_MESSAGE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";

/** Conditions of apimachinery's own type. Source: apimachinery meta/v1/validation ValidateConditions. */
function validateConditions(conditions: readonly Partial<Condition>[], field: string): FieldError[] {
  const types = new Map<string, number>();
  const errors = conditions.flatMap(({ type = '' }, at) => {
    const first = types.get(type);
    if (first !== undefined) return [{ ...duplicateType(`${field}[${at}].type`, type) }];
    types.set(type, at);
    return [];
  });
  return [...errors, ...conditions.flatMap((condition, at) => conditionErrors(condition, `${field}[${at}]`))];
}

const duplicateType = (field: string, value: string): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  value,
  detail: '',
});

function conditionErrors(condition: Partial<Condition>, field: string): FieldError[] {
  const { type = '', status, observedGeneration, lastTransitionTime, reason, message = '' } = condition;
  const errors = invalidFor(`${field}.type`, type, labelKeyMessages(type));
  if (!status || !STATUSES.includes(status)) errors.push(notSupported(`${field}.status`, status, STATUSES));
  if (observedGeneration !== undefined && observedGeneration < 0) {
    const detail = 'must be greater than or equal to zero';
    errors.push(invalidValue(`${field}.observedGeneration`, observedGeneration, detail));
  }
  if (!lastTransitionTime) errors.push(required(`${field}.lastTransitionTime`));
  if (!reason) errors.push(required(`${field}.reason`));
  else {
    if (!REASON.test(reason)) errors.push(invalidValue(`${field}.reason`, reason, REASON_MESSAGE));
    if (Buffer.byteLength(reason) > MAX_REASON) errors.push(tooLong(`${field}.reason`, MAX_REASON));
  }
  if (Buffer.byteLength(message) > MAX_MESSAGE) errors.push(tooLong(`${field}.message`, MAX_MESSAGE));
  return errors;
}

const COUNTERS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

/** pkg/apis/policy/validation, ValidatePodDisruptionBudgetStatusUpdate. */
export function validatePodDisruptionBudgetStatus({ status }: PodDisruptionBudget): FieldError[] {
  if (!status) return [];
  return [
    ...validateConditions(status.conditions ?? [], 'status.conditions'),
    ...COUNTERS.flatMap((name) => nonNegative(`status.${name}`, status[name])),
  ];
}
