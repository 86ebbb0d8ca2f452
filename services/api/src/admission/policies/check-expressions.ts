import { CelError } from '@everynode/cel';
import type { FieldError, MatchCondition, Variable } from '@everynode/objects';
import { compileFor, type Uses } from '../dynamic/conditions.js';
import type { PluginFor } from '../plugin.js';
import { MUTATING, VALIDATING } from '../webhooks/configured-webhooks.js';
import { mutationOf } from './compiled-mutations.js';
import { MUTATING_POLICIES, POLICIES } from './stored-policies.js';

/** The fault of an expression that cannot be compiled, as a field error. Empty ones have an error of their own. */
function faultOf(expression: string, field: string, uses: Uses, returns: readonly string[] = []): FieldError[] {
  if (expression.trim() === '') return [];
  try {
    compileFor(uses, expression, returns);
    return [];
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return [{ type: 'FieldValueInvalid', field, value: expression, detail: error.message }];
  }
}

const faultsOfConditions = (conditions: readonly MatchCondition[] = [], field: string, uses: Uses): FieldError[] =>
  conditions.flatMap(({ expression }, at) => faultOf(expression.trim(), `${field}[${at}].expression`, uses, ['bool']));

/** What an expression behind these variables uses. */
const withAll = (uses: Uses, variables: readonly Variable[]): Uses =>
  variables.length === 0 ? uses : { ...uses, variables: variables.map(({ name }) => name) };

/** A variable may use those before it. */
const faultsOfVariables = (variables: readonly Variable[], field: string, uses: Uses): FieldError[] =>
  variables.flatMap(({ expression }, at) =>
    faultOf(expression, `${field}[${at}].expression`, {
      ...uses,
      variables: variables.slice(0, at).map(({ name }) => name),
    }),
  );

/** Refuses webhooks whose conditions do not compile. Source: pkg/apis/admissionregistration/validation. */
export const webhookExpressions: PluginFor<typeof VALIDATING | typeof MUTATING> = {
  resources: [VALIDATING, MUTATING],
  operations: ['create', 'update'],
  fieldErrors({ object }) {
    return (object.webhooks ?? []).flatMap(({ matchConditions }, at) =>
      faultsOfConditions(matchConditions, `webhooks[${at}].matchConditions`, { params: false }),
    );
  },
};

/** Refuses policies whose expressions do not compile. */
export const policyExpressions: PluginFor<typeof POLICIES> = {
  resources: [POLICIES],
  operations: ['create', 'update'],
  fieldErrors({ object }) {
    const { spec = {} } = object;
    const { variables = [], validations = [], auditAnnotations = [] } = spec;
    const uses: Uses = { params: spec.paramKind !== undefined };
    const all = withAll(uses, variables);
    return [
      ...faultsOfConditions(spec.matchConditions, 'spec.matchConditions', uses),
      ...faultsOfVariables(variables, 'spec.variables', uses),
      ...validations.flatMap(({ expression, messageExpression = '' }, at) => [
        ...faultOf(expression, `spec.validations[${at}].expression`, all, ['bool']),
        ...faultOf(messageExpression, `spec.validations[${at}].messageExpression`, { ...all, authorizer: false }, [
          'string',
        ]),
      ]),
      ...auditAnnotations.flatMap(({ valueExpression }, at) =>
        faultOf(valueExpression, `spec.auditAnnotations[${at}].valueExpression`, all, ['string', 'null', 'null_type']),
      ),
    ];
  },
};

/** Refuses policies whose expressions do not compile, or return no patch. */
export const mutatingPolicyExpressions: PluginFor<typeof MUTATING_POLICIES> = {
  resources: [MUTATING_POLICIES],
  operations: ['create', 'update'],
  fieldErrors({ object }) {
    const { spec = {} } = object;
    const { variables = [], mutations = [] } = spec;
    const uses: Uses = { params: spec.paramKind !== undefined };
    const all = { ...withAll(uses, variables), patches: true };
    return [
      ...faultsOfConditions(spec.matchConditions, 'spec.matchConditions', uses),
      ...faultsOfVariables(variables, 'spec.variables', uses),
      ...mutations.flatMap((mutation, at) => {
        const found = mutationOf(mutation);
        if (!found) return [];
        const { member, expression, returns } = found;
        return faultOf(expression, `spec.mutations[${at}].${member}.expression`, all, [returns]);
      }),
    ];
  },
};
