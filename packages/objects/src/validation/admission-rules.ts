import type { FieldError } from '../field-error.js';
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../kinds/api-types.js';
import { duplicate, invalidFor, invalidValue, notSupported, required, tooMany } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { labelKeyMessages, pathSegmentMessages } from './names.js';

/** Which requests webhooks and policies are for. Source: pkg/apis/admissionregistration/validation/validation.go. */

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const MATCH_POLICIES = ['Equivalent', 'Exact'];
const MAX_MATCH_CONDITIONS = 64;

export const FAILURE_POLICIES = ['Fail', 'Ignore'];

export function validateMatchPolicy(value: string | undefined, field: string): FieldError[] {
  return value === undefined || MATCH_POLICIES.includes(value) ? [] : [notSupported(field, value, MATCH_POLICIES)];
}

const mixesWildcard = (values: readonly string[]): boolean => values.length > 1 && values.includes('*');

export function validateRuleWithOperations(rule: RuleWithOperations, field: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const alone = (member: string, values: readonly string[], what: string): FieldError[] =>
    mixesWildcard(values)
      ? [invalidValue(`${field}.${member}`, values, `if '*' is present, must not specify other ${what}`)]
      : [];
  const some = (member: string, values: readonly string[]): FieldError[] =>
    values.length === 0 ? [required(`${field}.${member}`)] : [];
  return [
    ...some('operations', operations),
    ...alone('operations', operations, 'operations'),
    ...operations.flatMap((one, at) =>
      OPERATIONS.includes(one) ? [] : [notSupported(`${field}.operations[${at}]`, one, OPERATIONS)],
    ),
    ...some('apiGroups', apiGroups),
    ...alone('apiGroups', apiGroups, 'API groups'),
    ...some('apiVersions', apiVersions),
    ...alone('apiVersions', apiVersions, 'API versions'),
    ...apiVersions.flatMap((one, at) => (one === '' ? [required(`${field}.apiVersions[${at}]`)] : [])),
    ...validateResources(resources, `${field}.resources`),
    ...(scope === undefined || SCOPES.includes(scope) ? [] : [notSupported(`${field}.scope`, scope, SCOPES)]),
  ];
}

function validateResources(resources: readonly string[], field: string): FieldError[] {
  if (resources.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  // As upstream: the last entry without a subresource decides.
  let plain = false;
  for (const [at, entry] of resources.entries()) {
    if (entry === '') {
      errors.push(required(`${field}[${at}]`));
      continue;
    }
    const slash = entry.indexOf('/');
    if (slash < 0) {
      plain = entry !== '*';
      continue;
    }
    const resource = entry.slice(0, slash);
    const subresource = entry.slice(slash + 1);
    const refuse = (wildcard: string) =>
      errors.push(invalidValue(`${field}[${at}]`, entry, `if '${wildcard}' is present, must not specify ${entry}`));
    if (wholeResources.has(resource)) refuse(`${resource}/*`);
    if (wholeSubresources.has(subresource)) refuse(`*/${subresource}`);
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(field, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (plain && resources.includes('*')) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalidValue(field, resources, detail));
  }
  return errors;
}

function validateNamedRule(rule: NamedRuleWithOperations, field: string): FieldError[] {
  const names = rule.resourceNames ?? [];
  const errors = names.flatMap((name, at) => {
    const path = `${field}.resourceNames[${at}]`;
    const seen = names.indexOf(name) < at;
    return [...invalidFor(path, name, pathSegmentMessages(name)), ...(seen ? [duplicate(path, name)] : [])];
  });
  return [...errors, ...validateRuleWithOperations(rule, field)];
}

/** Undefined has no errors. */
export function validateMatchResources(match: MatchResources | undefined, field: string): FieldError[] {
  if (!match) return [];
  const rulesOf = (member: 'resourceRules' | 'excludeResourceRules'): FieldError[] =>
    (match[member] ?? []).flatMap((rule, at) => validateNamedRule(rule, `${field}.${member}[${at}]`));
  return [
    ...validateMatchPolicy(match.matchPolicy, `${field}.matchPolicy`),
    ...validateLabelSelector(match.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(match.objectSelector, `${field}.objectSelector`),
    ...rulesOf('resourceRules'),
    ...rulesOf('excludeResourceRules'),
  ];
}

/** The rules beside those of the expressions' language, which admission checks. */
export function validateMatchConditions(conditions: readonly MatchCondition[] = [], field: string): FieldError[] {
  const errors: FieldError[] =
    conditions.length > MAX_MATCH_CONDITIONS ? [tooMany(field, conditions.length, MAX_MATCH_CONDITIONS)] : [];
  for (const [at, { name, expression }] of conditions.entries()) {
    const path = `${field}[${at}]`;
    if (expression.trim() === '') errors.push(required(`${path}.expression`));
    if (name === '') errors.push(required(`${path}.name`));
    else errors.push(...invalidFor(`${path}.name`, name, labelKeyMessages(name)));
    const seen = conditions.findIndex((one) => one.name === name) < at;
    if (name !== '' && seen) errors.push(duplicate(`${path}.name`, name));
  }
  return errors;
}
