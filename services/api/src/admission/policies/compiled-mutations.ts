import { Budget, RUNTIME_COST_BUDGET } from '@everynode/cel';
import type { CachedObject } from '@everynode/list-watch';
import type { Mutation, StoredKinds } from '@everynode/objects';
import { type Conditions, compileConditions, type Uses } from '../dynamic/conditions.js';
import { evaluate, type Program, programOf, withVariables } from './programs.js';
import { type MUTATING_POLICIES, specOf } from './stored-policies.js';

type Policy = CachedObject<StoredKinds[typeof MUTATING_POLICIES]>;
type PatchType = 'ApplyConfiguration' | 'JSONPatch';

/** The expression of a mutation, and what it has to return. */
interface MutationExpression {
  patchType: PatchType;
  /** The field that has the expression. */
  member: 'applyConfiguration' | 'jsonPatch';
  expression: string;
  returns: string;
}

/** Undefined for a mutation that is not valid. */
export function mutationOf({ patchType, applyConfiguration, jsonPatch }: Mutation): MutationExpression | undefined {
  const of = (given: { expression?: string } | undefined, rest: Omit<MutationExpression, 'expression'>) =>
    given && { ...rest, expression: (given.expression ?? '').trim() };
  if (patchType === 'ApplyConfiguration') {
    return of(applyConfiguration, { patchType, member: 'applyConfiguration', returns: 'Object' });
  }
  if (patchType === 'JSONPatch') {
    return of(jsonPatch, { patchType, member: 'jsonPatch', returns: 'list<JSONPatch>' });
  }
  return undefined;
}

/** The mutations of a policy, compiled once for each version of it. */
interface CompiledMutations {
  conditions: Conditions;
  mutations: readonly CompiledMutation[];
}

interface CompiledMutation {
  patchType: PatchType;
  /** The value of the expression, which has a budget of its own. @throws CelError */
  evaluate(variables: Record<string, unknown>): unknown;
}

const compiled = new WeakMap<Policy, CompiledMutations>();

export function compiledMutations(policy: Policy): CompiledMutations {
  const known = compiled.get(policy);
  if (known) return known;
  const made = compileMutations(policy);
  compiled.set(policy, made);
  return made;
}

/** Source: apiserver plugin/policy/mutating/compilation.go. */
function compileMutations(policy: Policy): CompiledMutations {
  const {
    paramKind,
    failurePolicy = 'Fail',
    matchConditions = [],
    mutations = [],
    variables = [],
  } = specOf(policy) ?? {};
  const uses: Uses = { params: paramKind !== undefined };
  const composed: Uses = variables.length > 0 ? { ...uses, variables: variables.map(({ name }) => name) } : uses;
  const named = variables.map(({ name, expression }): [string, Program] => [name, programOf(composed, expression)]);
  return {
    conditions: compileConditions(matchConditions, failurePolicy, uses),
    mutations: mutations.flatMap((mutation): CompiledMutation[] => {
      const found = mutationOf(mutation);
      if (!found) return [];
      const { patchType, expression, returns } = found;
      const program = programOf({ ...composed, patches: true }, expression, [returns]);
      return [
        {
          patchType,
          evaluate(given) {
            const budget = new Budget(RUNTIME_COST_BUDGET);
            return evaluate(program, withVariables(given, named, budget), budget);
          },
        },
      ];
    }),
  };
}
