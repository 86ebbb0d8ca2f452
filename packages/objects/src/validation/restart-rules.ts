import type { FieldError } from '../field-error.js';
import type { Container, ContainerRestartRule } from '../kinds/api-types.js';
import { notSupported, required, tooMany } from './field-errors.js';

const POLICIES = ['Always', 'Never', 'OnFailure'];
const ACTIONS = ['Restart', 'RestartAllContainers'];
const OPERATORS = ['In', 'NotIn'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** A container's own policy of restarts. Source: validateContainerRestartPolicy. */
export function validateRestartPolicy({ restartPolicy, restartPolicyRules }: Container, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const rules = restartPolicyRules ?? [];
  if (restartPolicy === undefined) {
    if (rules.length > 0) {
      errors.push(required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
    }
  } else if (!POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(`${field}.restartPolicy`, restartPolicy, POLICIES));
  }
  if (rules.length > MAX_RULES) errors.push(tooMany(`${field}.restartPolicyRules`, rules.length, MAX_RULES));
  return [...errors, ...rules.flatMap((rule, at) => ruleErrors(rule, `${field}.restartPolicyRules[${at}]`))];
}

function ruleErrors({ action, exitCodes }: ContainerRestartRule, field: string): FieldError[] {
  const errors = ACTIONS.includes(action) ? [] : [notSupported(`${field}.action`, action, ACTIONS)];
  if (!exitCodes) return [...errors, required(`${field}.exitCodes`, 'must be specified')];
  const { operator, values = [] } = exitCodes;
  if (!OPERATORS.includes(operator)) errors.push(notSupported(`${field}.exitCodes.operator`, operator, OPERATORS));
  if (values.length > MAX_EXIT_CODES) {
    errors.push(tooMany(`${field}.exitCodes.values`, values.length, MAX_EXIT_CODES));
  }
  return errors;
}
