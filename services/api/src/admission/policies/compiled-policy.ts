import { Budget, CelError, evaluateMessage, RUNTIME_COST_BUDGET } from '@everynode/cel';
import type { CachedObject } from '@everynode/list-watch';
import type { StoredKinds, Validation } from '@everynode/objects';
import { type Conditions, compileConditions, type Uses } from '../dynamic/conditions.js';
import { evaluate, type Program, programOf, withVariables } from './programs.js';
import { type POLICIES, specOf } from './stored-policies.js';

type Policy = CachedObject<StoredKinds[typeof POLICIES]>;

/** What a policy says about one write and one object of parameters. */
interface Verdict {
  /** Of the validations that deny; `at` is the place of the expression. */
  denials: { at: number; message: string; reason: string }[];
  annotations: { key: string; value: string }[];
}

/** A policy, compiled once for each version of it. */
export interface CompiledPolicy {
  /** @param variables what expressions meet, parameters included. */
  judge(variables: Record<string, unknown>): Verdict;
}

const compiledPolicies = new WeakMap<Policy, CompiledPolicy>();

export function compiledPolicy(policy: Policy): CompiledPolicy {
  const known = compiledPolicies.get(policy);
  if (known) return known;
  const compiled = compilePolicy(policy);
  compiledPolicies.set(policy, compiled);
  return compiled;
}

function compilePolicy(policy: Policy): CompiledPolicy {
  const spec = specOf(policy) ?? {};
  const {
    failurePolicy = 'Fail',
    variables = [],
    validations = [],
    auditAnnotations = [],
    matchConditions = [],
  } = spec;
  const uses: Uses = { params: spec.paramKind !== undefined };
  const composed: Uses = variables.length > 0 ? { ...uses, variables: variables.map(({ name }) => name) } : uses;
  const conditions: Conditions = compileConditions(matchConditions, failurePolicy, uses);
  const named = variables.map(({ name, expression }): [string, Program] => [name, programOf(composed, expression)]);
  const checks = validations.map((validation) => ({
    validation,
    program: programOf(composed, validation.expression, ['bool']),
    message: validation.messageExpression
      ? programOf({ ...composed, authorizer: false }, validation.messageExpression, ['string'])
      : undefined,
  }));
  const annotations = auditAnnotations.map(({ key, valueExpression }) => ({
    key,
    text: valueExpression,
    program: programOf(composed, valueExpression.trim(), ['string', 'null', 'null_type']),
  }));
  const failed = (error: unknown, at: number): Verdict['denials'] => {
    if (!(error instanceof CelError)) throw error;
    return failurePolicy === 'Ignore' ? [] : [{ at, message: error.message, reason: '' }];
  };

  return {
    judge(given) {
      const budget = new Budget(RUNTIME_COST_BUDGET);
      const all = withVariables(given, named, budget);
      try {
        if (conditions.unmatched(given)) return { denials: [], annotations: [] };
      } catch (error) {
        return { denials: failed(error, 0), annotations: [] };
      }
      const denials = checks.flatMap(({ validation, program, message }, at) => {
        try {
          if (evaluate(program, all, budget) === true) return [];
        } catch (error) {
          return failed(error, at);
        }
        const text = messageOf(validation, message, all, budget);
        return [{ at, message: text, reason: validation.reason ?? 'Invalid' }];
      });
      const published: Verdict['annotations'] = [];
      for (const { key, text, program } of annotations) {
        try {
          const value = evaluate(program, all, budget);
          if (typeof value === 'string' && value.trim() !== '') published.push({ key, value: value.trim() });
          else if (value !== null && typeof value !== 'string') {
            throw new CelError(
              `valueExpression '${text}' resulted in unsupported return type: ${typeof value}. Return type must be either string or null.`,
            );
          }
        } catch (error) {
          denials.push(...failed(error, 0));
        }
      }
      return { denials, annotations: published };
    },
  };
}

/** Source: apiserver plugin/policy/validating/validator.go: the message expression, the message, the expression. */
function messageOf(validation: Validation, program: Program | undefined, variables: object, budget: Budget): string {
  const made = program && !(program instanceof CelError) ? evaluateMessage(program, variables, budget) : undefined;
  return made ?? (validation.message?.trim() || `failed expression: ${validation.expression.trim()}`);
}
