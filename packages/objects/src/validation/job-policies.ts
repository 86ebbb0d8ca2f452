import type { FieldError } from '../field-error.js';
import { goQuoted } from '../go-print.js';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../kinds/api-types.js';
import {
  append,
  duplicate,
  invalidFor,
  invalidValue,
  nonNegative,
  notSupported,
  required,
  tooLong,
  tooMany,
} from './field-errors.js';
import { countIndexes } from './indexes.js';
import { labelKeyMessages } from './names.js';

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITIONS = 20;
const MAX_SUCCEEDED_INDEXES_BYTES = 64 * 1024;

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

const valid = (values: readonly string[]): string => `valid values: [${values.map(goQuoted).join(' ')}]`;

/** A word of a closed list, with upstream's words for none. */
const word = (field: string, value: string | undefined, values: readonly string[]): FieldError[] => {
  if (!value) return [required(field, valid(values))];
  return values.includes(value) ? [] : [notSupported(field, value, values)];
};

/** pkg/apis/batch/validation validatePodFailurePolicy. */
export function validateFailurePolicy(spec: JobSpec, field: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const errors: FieldError[] = [];
  if (rules.length > MAX_RULES) errors.push(tooMany(`${field}.rules`, rules.length, MAX_RULES));
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  rules.forEach((rule, i) => {
    append(errors, failureRuleErrors(spec, rule, `${field}.rules[${i}]`, names));
  });
  return errors;
}

function failureRuleErrors(
  spec: JobSpec,
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const errors = word(`${field}.action`, action, ACTIONS);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  }
  if (onExitCodes) append(errors, exitCodeErrors(onExitCodes, `${field}.onExitCodes`, names));
  if (onPodConditions.length > MAX_CONDITIONS) {
    errors.push(tooMany(`${field}.onPodConditions`, onPodConditions.length, MAX_CONDITIONS));
  }
  onPodConditions.forEach(({ type, status }, j) => {
    const at = `${field}.onPodConditions[${j}]`;
    append(errors, invalidFor(`${at}.type`, type, labelKeyMessages(type)));
    append(errors, word(`${at}.status`, status, STATUSES));
  });
  const isBoth = onExitCodes !== undefined && onPodConditions.length > 0;
  if (isBoth) errors.push(wholeRule(field, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(wholeRule(field, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

/** An error that does not print the rule. */
const wholeRule = (field: string, detail: string): FieldError => ({ type: 'FieldValueInvalid', field, detail });

function exitCodeErrors(
  { operator, containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  const errors = word(`${field}.operator`, operator, OPERATORS);
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalidValue(`${field}.containerName`, containerName, detail));
  }
  const at = `${field}.values`;
  if (values.length === 0) errors.push(invalidValue(at, values, 'at least one value is required'));
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(at, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  values.forEach((value, j) => {
    if (operator === 'In' && value === 0) {
      errors.push(invalidValue(`${at}[${j}]`, value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) errors.push(duplicate(`${at}[${j}]`, value));
    seen.add(value);
  });
  if (values.some((value, j) => value < (values[j - 1] ?? value))) {
    errors.push(invalidValue(at, values, 'must be ordered'));
  }
  return errors;
}

/** pkg/apis/batch/validation validateSuccessPolicy. */
export function validateSuccessPolicy({ successPolicy, completions = 0 }: JobSpec, field: string): FieldError[] {
  const { rules = [] } = successPolicy ?? {};
  const errors: FieldError[] = [];
  const detail = 'at least one rules must be specified when the successPolicy is specified';
  if (rules.length === 0) errors.push(required(`${field}.rules`, detail));
  if (rules.length > MAX_RULES) errors.push(tooMany(`${field}.rules`, rules.length, MAX_RULES));
  rules.forEach((rule, i) => {
    append(errors, successRuleErrors(rule, completions, `${field}.rules[${i}]`));
  });
  return errors;
}

function successRuleErrors(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let total = 0;
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.push(required(field, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  if (succeededIndexes !== undefined) {
    const at = `${field}.succeededIndexes`;
    if (succeededIndexes.length > MAX_SUCCEEDED_INDEXES_BYTES) errors.push(tooLong(at, MAX_SUCCEEDED_INDEXES_BYTES));
    const counted = countIndexes(succeededIndexes, completions);
    if (typeof counted === 'number') total = counted;
    else errors.push(invalidValue(at, succeededIndexes, `error parsing succeededIndexes: ${counted.error}`));
  }
  if (succeededCount === undefined) return errors;
  const at = `${field}.succeededCount`;
  append(errors, nonNegative(at, succeededCount));
  const most = (count: number, what: string): FieldError =>
    invalidValue(at, succeededCount, `must be less than or equal to ${count} (${what})`);
  if (succeededCount > completions) errors.push(most(completions, 'the number of specified completions'));
  if (succeededIndexes !== undefined && succeededCount > total) {
    errors.push(most(total, 'the number of indexes in the specified succeededIndexes field'));
  }
  return errors;
}
