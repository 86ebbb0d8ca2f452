import type { FieldError } from '../field-error.js';
import type {
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
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
  const { failurePolicy = '', matchConstraints, variables = [], validations = [], auditAnnotations = [] } = spec;
  const errors: FieldError[] = FAILURE_POLICIES.includes(failurePolicy)
    ? []
    : [notSupported('spec.failurePolicy', failurePolicy, FAILURE_POLICIES)];
  if (spec.paramKind) errors.push(...validateParamKind(spec.paramKind, 'spec.paramKind'));
  if (!matchConstraints) errors.push(required('spec.matchConstraints'));
  else {
    errors.push(...validateMatchResources(matchConstraints, 'spec.matchConstraints'));
    if ((matchConstraints.resourceRules ?? []).length === 0) {
      errors.push(required('spec.matchConstraints.resourceRules'));
    }
  }
  errors.push(...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'));
  for (const [at, { name, expression }] of variables.entries()) {
    const field = `spec.variables[${at}]`;
    if (name.trim() === '') errors.push(required(`${field}.name`, 'name is not specified'));
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      errors.push(invalidValue(`${field}.name`, name, 'name is not a valid CEL identifier'));
    }
    if (expression.trim() === '') errors.push(required(`${field}.expression`, 'expression is not specified'));
  }
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

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, field: string): FieldError[] {
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
  const { policyName = '', validationActions: actions = [] } = spec;
  const errors =
    policyName === ''
      ? [required('spec.policyName')]
      : invalidFor('spec.policyName', policyName, dnsSubdomainMessages(policyName));
  if (spec.paramRef) errors.push(...validateParamRef(spec.paramRef, 'spec.paramRef'));
  errors.push(...validateMatchResources(spec.matchResources, 'spec.matchResouces'));
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

function validateParamRef({ name = '', selector, parameterNotFoundAction }: ParamRef, field: string): FieldError[] {
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
