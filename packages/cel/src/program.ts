import {
  type Environment as CelEnvironment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import { type Budget, within } from './budget.js';
import { MATCHES, meter } from './metering.js';

export type Environment = CelEnvironment;

/** An expression that cannot be compiled, or whose evaluation failed. The message has upstream's form. */
export class CelError extends Error {
  override readonly name = 'CelError';
  readonly retryable = false;
}

/** An expression that is ready to be evaluated. */
export interface Compiled {
  /** The type of its values as the compiler knows it; `dyn` where only the evaluation shows it. */
  readonly type: string;
  /** @throws CelError with the expression and its fault. */
  evaluate(variables: object, budget: Budget): unknown;
}

type Fault = ParseError | EvaluationError | TypeFault;

const isFault = (error: unknown): error is Fault =>
  error instanceof ParseError || error instanceof EvaluationError || error instanceof TypeFault;

/**
 * Compiles an expression and checks its types.
 * @param returns the types that its value may have; any type where the list is empty.
 * @throws CelError
 */
export function compile(environment: Environment, expression: string, returns: readonly string[] = []): Compiled {
  let program: ReturnType<Environment['parse']>;
  try {
    program = environment.parse(expression);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new CelError(compilation(expression, error, true), { cause: error });
  }
  meter(program.ast);
  const checked = program.check();
  if (!checked.valid) {
    const { error } = checked;
    if (!isFault(error)) throw error ?? new Error('an expression is not valid, for no reason');
    throw new CelError(compilation(expression, error, false), { cause: error });
  }
  const type = checked.type ?? 'dyn';
  if (returns.length > 0 && type !== 'dyn' && !returns.includes(type)) {
    const [only] = returns;
    throw new CelError(
      returns.length === 1 ? `must evaluate to ${only}` : `must evaluate to one of ${returns.join(', ')}`,
    );
  }
  return {
    type,
    evaluate(variables, budget) {
      try {
        return within(budget, () => program(variables as never) as unknown);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        throw new CelError(`expression '${expression}' resulted in error: ${reasonOf(error)}`, { cause: error });
      }
    },
  };
}

function reasonOf(error: Error): string {
  const text = named(isFault(error) ? error.summary : error.message);
  return text.startsWith('No such key') ? `n${text.slice(1)}` : text;
}

/** Text matching has a function of this package under a name of its own, which no client wrote. */
const named = (text: string): string => text.replaceAll(MATCHES, 'matches');

/** Upstream's words for what the compiler finds, with the place under its line. */
function compilation(expression: string, error: Fault, isSyntax: boolean): string {
  const text = named(error.summary);
  const unknown = /^Unknown variable: (.*)$/s.exec(text);
  const missing = /^No such key: (.*)$/s.exec(text);
  const found = Math.min(error.range?.start ?? 0, expression.length);
  // Upstream marks the dot before a field.
  const start = missing && expression[found - 1] === '.' ? found - 1 : found;
  const before = expression.slice(0, start).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  const words = unknown
    ? `undeclared reference to '${unknown[1]}' (in container '')`
    : missing
      ? `undefined field '${missing[1]}'`
      : `${isSyntax ? 'Syntax error: ' : ''}${text}`;
  const place = `${before.length}:${column + 1}`;
  return `compilation failed: ERROR: <input>:${place}: ${words}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
