import { CelError, compile } from '@everynode/cel';
import type { FieldError, MatchCondition } from '@everynode/objects';
import { environmentFor, type Uses } from '../dynamic/conditions.js';
import type { PluginFor } from '../plugin.js';
import { MUTATING, VALIDATING } from '../webhooks/configured-webhooks.js';
import { POLICIES } from './stored-policies.js';

/** The fault of an expression that cannot be compiled, as a field error. Empty ones have an error of their own. */
function faultOf(expression: string, field: string, uses: Uses, returns: readonly string[] = []): FieldError[] {
  if (expression.trim() === '') return [];
  try {
    compile(environmentFor(uses), expression, returns);
    return [];
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return [{ type: 'FieldValueInvalid', field, value: expression, detail: error.message }];
  }
}

const faultsOfConditions = (conditions: readonly MatchCondition[] = [], field: string, uses: Uses): FieldError[] =>
  conditions.flatMap(({ expression }, at) => faultOf(expression.trim(), `${field}[${at}].expression`, uses, ['bool']));

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
    // A variable may use those before it.
    const upTo = (count: number): Uses =>
      variables.length === 0 ? uses : { ...uses, variables: variables.slice(0, count).map(({ name }) => name) };
    const all = upTo(variables.length);
    return [
      ...faultsOfConditions(spec.matchConditions, 'spec.matchConditions', uses),
      ...variables.flatMap(({ expression }, at) => faultOf(expression, `spec.variables[${at}].expression`, upTo(at))),
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
