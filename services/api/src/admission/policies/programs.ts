import { type Budget, CelError, type Compiled } from '@everynode/cel';
import { compileFor, type Uses } from '../dynamic/conditions.js';

/** An expression of a policy, or why it cannot be compiled: what is stored may be older than its rules. */
export type Program = Compiled | CelError;

export function programOf(uses: Uses, expression: string, returns: readonly string[] = []): Program {
  try {
    return compileFor(uses, expression, returns);
  } catch (error) {
    if (error instanceof CelError) return error;
    throw error;
  }
}

/** @throws CelError */
export function evaluate(program: Program, variables: object, budget: Budget): unknown {
  if (program instanceof CelError) throw program;
  return program.evaluate(variables, budget);
}

/** Adds the policy's own variables, each evaluated when an expression first asks for it. */
export function withVariables(
  given: Record<string, unknown>,
  named: readonly (readonly [string, Program])[],
  budget: Budget,
): Record<string, unknown> {
  if (named.length === 0) return given;
  const all: Record<string, unknown> = Object.defineProperties({}, Object.getOwnPropertyDescriptors(given));
  const values = new Map<string, { value: unknown } | { error: unknown }>();
  const variables: Record<string, unknown> = {};
  for (const [name, program] of named) {
    Object.defineProperty(variables, name, {
      enumerable: true,
      get: () => {
        let found = values.get(name);
        if (!found) {
          try {
            found = { value: evaluate(program, all, budget) };
          } catch (error) {
            found = { error };
          }
          values.set(name, found);
        }
        if ('error' in found) {
          const { error } = found;
          throw error instanceof CelError
            ? new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${error.message}`)
            : error;
        }
        return found.value;
      },
    });
  }
  all.variables = variables;
  return all;
}
