import type { FieldError } from '../field-error.js';
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../kinds/api-types.js';
import {
  validateFailurePolicy,
  validateMatchConstraints,
  validateParamKind,
  validateParamRef,
  validatePolicyName,
  validateVariables,
} from './admission-policies.js';
import { validateMatchConditions, validateMatchResources } from './admission-rules.js';
import { invalidValue, notSupported, required } from './field-errors.js';

/** A deletion has no object to change. */
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const REINVOCATION_POLICIES = ['Never', 'IfNeeded'];

/** The member that each type of a patch has, and no other. */
const MEMBERS = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;
const PATCH_TYPES = Object.keys(MEMBERS);

/**
 * The rules beside those of the expressions' language, which admission checks.
 * Source: pkg/apis/admissionregistration/validation, ValidateMutatingAdmissionPolicy.
 */
export function validateMutatingPolicy({ spec = {} }: MutatingAdmissionPolicy): FieldError[] {
  const { matchConstraints, mutations = [], reinvocationPolicy = '' } = spec;
  const errors = [
    ...validateFailurePolicy(spec.failurePolicy),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateMatchConstraints(matchConstraints, 'spec.matchConstraints'),
    ...validateOperations(matchConstraints, 'spec.matchConstraints.resourceRules.operations'),
    ...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'),
    ...validateVariables(spec.variables, 'spec.variables'),
  ];
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  errors.push(...mutations.flatMap((mutation, at) => validateMutation(mutation, `spec.mutations[${at}]`)));
  if (reinvocationPolicy === '') errors.push(required('spec.reinvocationPolicy'));
  else if (!REINVOCATION_POLICIES.includes(reinvocationPolicy)) {
    errors.push(notSupported('spec.reinvocationPolicy', reinvocationPolicy, REINVOCATION_POLICIES));
  }
  return errors;
}

/** The path has no index of a rule, as upstream. */
const validateOperations = ({ resourceRules = [] }: MatchResources = {}, field: string): FieldError[] =>
  resourceRules.flatMap(({ operations = [] }) =>
    operations.flatMap((one) => (OPERATIONS.includes(one) ? [] : [notSupported(field, one, OPERATIONS)])),
  );

function validateMutation(mutation: Mutation, field: string): FieldError[] {
  const { patchType = '' } = mutation;
  if (patchType === '') return [required(`${field}.patchType`)];
  if (!(patchType in MEMBERS)) return [notSupported(`${field}.patchType`, patchType, PATCH_TYPES)];
  const wanted = MEMBERS[patchType as keyof typeof MEMBERS];
  return Object.values(MEMBERS).flatMap((member): FieldError[] => {
    const given = mutation[member];
    if (member !== wanted) {
      const detail = `must not be specified when patchType is ${patchType}`;
      return given ? [invalidValue(`${field}.${member}`, `{${member}}`, detail)] : [];
    }
    if (!given) return [required(`${field}.${member}`, `must be specified when patchType is ${patchType}`)];
    return (given.expression ?? '').trim() === '' ? [required(`${field}.${member}.expression`)] : [];
  });
}

/** Source: the same file, ValidateMutatingAdmissionPolicyBinding. */
export function validateMutatingBinding({ spec = {} }: MutatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...validatePolicyName(spec.policyName),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...validateMatchResources(spec.matchResources, 'spec.matchResources'),
    ...validateOperations(spec.matchResources, 'spec.matchResources.resourceRules.operations'),
  ];
}
