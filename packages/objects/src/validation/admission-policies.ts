import type { FieldError } from '../field-error.js';
import type {
  MatchResources,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from '../kinds/api-types.js';
import { FAILURE_POLICIES, validateMatchConditions, validateMatchResources } from './admission-rules.js';
import { duplicate, forbidden, invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { validateLabelSelector } from './label-selector.js';
import { dns1035LabelMessages, dnsSubdomainMessages, labelKeyMessages, pathSegmentMessages } from './names.js';

const MAX_AUDIT_ANNOTATIONS = 20;
const MAX_VALUE_EXPRESSION = 5 * 1024;
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/**
 * The rules beside those of the expressions' language, which admission checks.
 * Source: pkg/apis/admissionregistration/validation, ValidateValidatingAdmissionPolicy.
 */
export function validateAdmissionPolicy({ metadata, spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const { variables, validations = [], auditAnnotations = [] } = spec;
  const errors: FieldError[] = [
    ...validateFailurePolicy(spec.failurePolicy),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateMatchConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'),
    ...validateVariables(variables, 'spec.variables'),
  ];
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    return [...errors, required('spec.validations', detail), required('spec.auditAnnotations', detail)];
  }
  errors.push(...validations.flatMap((validation, at) => validateValidation(validation, `spec.validations[${at}]`)));
  if (auditAnnotations.length > MAX_AUDIT_ANNOTATIONS) {
    const detail = `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`;
    errors.push(invalidValue('spec.auditAnnotations', auditAnnotations, detail));
  }
  for (const [at, { key, valueExpression }] of auditAnnotations.entries()) {
    const field = `spec.auditAnnotations[${at}]`;
    const name = metadata?.name ?? '';
    if (name === '') errors.push(invalidValue(`${field}.key`, key, 'requires metadata.name be non-empty'));
    else errors.push(...invalidFor(`${field}.key`, `${name}/${key}`, labelKeyMessages(`${name}/${key}`)));
    const text = valueExpression.trim();
    if (text === '') errors.push(required(`${field}.valueExpression`, 'valueExpression is not specified'));
    else if (text.length > MAX_VALUE_EXPRESSION) {
      errors.push(required(`${field}.valueExpression`, `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`));
    }
    if (auditAnnotations.findIndex((one) => one.key === key) < at) errors.push(duplicate(`${field}.key`, key));
  }
  return errors;
}

/** The following functions are those of both kinds of policies. */
export const validateFailurePolicy = (policy = ''): FieldError[] =>
  FAILURE_POLICIES.includes(policy) ? [] : [notSupported('spec.failurePolicy', policy, FAILURE_POLICIES)];

export function validateMatchConstraints(constraints: MatchResources | undefined, field: string): FieldError[] {
  if (!constraints) return [required(field)];
  const errors = validateMatchResources(constraints, field);
  if ((constraints.resourceRules ?? []).length === 0) errors.push(required(`${field}.resourceRules`));
  return errors;
}

export function validateVariables(variables: readonly Variable[] = [], field: string): FieldError[] {
  return variables.flatMap(({ name, expression }, at) => {
    const errors: FieldError[] = [];
    if (name.trim() === '') errors.push(required(`${field}[${at}].name`, 'name is not specified'));
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      errors.push(invalidValue(`${field}[${at}].name`, name, 'name is not a valid CEL identifier'));
    }
    if (expression.trim() === '') errors.push(required(`${field}[${at}].expression`, 'expression is not specified'));
    return errors;
  });
}

function validateValidation(validation: Validation, field: string): FieldError[] {
  const { expression, message = '', messageExpression = '', reason } = validation;
  const errors = expression.trim() === '' ? [required(`${field}.expression`, 'expression is not specified')] : [];
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(invalidValue(`${field}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  }
  if (message !== '' && message.trim() === '') {
    errors.push(invalidValue(`${field}.message`, message, 'message must be non-empty if specified'));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalidValue(`${field}.message`, message, 'message must not contain line breaks'));
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    errors.push(notSupported(`${field}.reason`, reason, REASONS));
  }
  return errors;
}

/** Undefined has no errors. */
export function validateParamKind(paramKind: ParamKind | undefined, field: string): FieldError[] {
  if (!paramKind) return [];
  const { apiVersion = '', kind = '' } = paramKind;
  const errors: FieldError[] = [];
  const parts = apiVersion === '/' ? ['', ''] : apiVersion.split('/');
  const [group = '', version = ''] = parts.length === 1 ? ['', parts[0]] : parts;
  if (apiVersion === '') errors.push(required(`${field}.apiVersion`));
  else if (parts.length > 2) {
    const detail = `unexpected GroupVersion string: ${apiVersion}`;
    errors.push(invalidValue(`${field}.apiVersion`, apiVersion, detail));
  } else {
    const inGroup = group === '' ? [] : dnsSubdomainMessages(group);
    if (inGroup.length > 0) errors.push(invalidValue(`${field}.apiVersion`, group, inGroup.join(',')));
    const inVersion = dns1035LabelMessages(version);
    if (version === '') errors.push(invalidValue(`${field}.apiVersion`, apiVersion, 'version must be specified'));
    else if (inVersion.length > 0) errors.push(invalidValue(`${field}.apiVersion`, version, inVersion.join(',')));
  }
  const inKind = dns1035LabelMessages(kind.toLowerCase());
  if (kind === '') errors.push(required(`${field}.kind`));
  else if (inKind.length > 0) {
    const detail = `may have mixed case, but should otherwise match: ${inKind.join(',')}`;
    errors.push(invalidValue(`${field}.kind`, kind, detail));
  }
  return errors;
}

/** Source: the same file, ValidateValidatingAdmissionPolicyBinding; the misspelt path is upstream's. */
export function validateAdmissionBinding({ spec = {} }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const { validationActions: actions = [] } = spec;
  const errors = [
    ...validatePolicyName(spec.policyName),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...validateMatchResources(spec.matchResources, 'spec.matchResouces'),
  ];
  for (const [at, action] of actions.entries()) {
    const field = `spec.validationActions[${at}]`;
    if (!ACTIONS.includes(action)) errors.push(notSupported(field, action, ACTIONS));
    if (actions.indexOf(action) < at) errors.push(duplicate(field, action));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalidValue('spec.validationActions', actions, detail));
  }
  if (actions.length === 0) {
    errors.push(required('spec.validationActions', 'at least one validation action is required'));
  }
  return errors;
}

export const validatePolicyName = (name = ''): FieldError[] =>
  name === '' ? [required('spec.policyName')] : invalidFor('spec.policyName', name, dnsSubdomainMessages(name));

/** Undefined has no errors. */
export function validateParamRef(ref: ParamRef | undefined, field: string): FieldError[] {
  if (!ref) return [];
  const { name = '', selector, parameterNotFoundAction } = ref;
  const errors: FieldError[] = name === '' ? [] : invalidFor(`${field}.name`, name, pathSegmentMessages(name));
  const both = 'name and selector are mutually exclusive';
  if (name !== '' && selector) errors.push(forbidden(`${field}.name`, both));
  errors.push(...validateLabelSelector(selector, `${field}.selector`));
  if (name !== '' && selector) errors.push(forbidden(`${field}.selector`, both));
  if (name === '' && !selector) errors.push(required(field, 'one of name or selector must be specified'));
  if (!parameterNotFoundAction) errors.push(required(`${field}.parameterNotFoundAction`));
  else if (!NOT_FOUND_ACTIONS.includes(parameterNotFoundAction)) {
    errors.push(notSupported(`${field}.parameterNotFoundAction`, parameterNotFoundAction, NOT_FOUND_ACTIONS));
  }
  return errors;
}
