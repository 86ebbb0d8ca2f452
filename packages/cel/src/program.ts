import {
  type Environment as CelEnvironment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import { type Budget, ExhaustedError, within } from './budget.js';
import { type Declared, estimateCost, usesVariable } from './cost.js';
import { MATCHES, meter } from './metering.js';

export type Environment = CelEnvironment;

/** Source: cel-go parser/options.go. */
const MAX_LENGTH = 100_000;

/** An expression that cannot be compiled, or whose evaluation failed. The message has upstream's form. */
export class CelError extends Error {
  override readonly name: string = 'CelError';
  readonly retryable = false;
  /** What went wrong in an evaluation, without the expression; the message otherwise. */
  readonly reason: string;

  constructor(message: string, options?: ErrorOptions & { reason?: string }) {
    super(message, options);
    this.reason = options?.reason ?? message;
  }
}

/** An evaluation that costs more than it may. */
export class OutOfBudgetError extends CelError {
  override readonly name = 'OutOfBudgetError';
  override readonly retryable = false;
  /** False where what shares the budget has used it up. */
  readonly isOfCall: boolean;

  constructor(message: string, options: { cause: ExhaustedError; reason: string }) {
    super(message, options);
    this.isOfCall = options.cause.isOfCall;
  }
}

/** An expression that is ready to be evaluated. */
export interface Compiled {
  /** The type of its values as the compiler knows it; `dyn` where only the evaluation shows it. */
  readonly type: string;
  /** True where it names the variable. */
  uses(variable: string): boolean;
  /** The most that an evaluation can cost with variables of these sizes; Infinity where that has no bound. */
  costWith(variables: ReadonlyMap<string, Declared>): number;
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
  if (expression.length > MAX_LENGTH) {
    const detail = `expression code point size exceeds limit: size: ${expression.length}, limit ${MAX_LENGTH}`;
    throw new CelError(`compilation failed: ERROR: <input>:-1:0: ${detail}`);
  }
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
    uses: (variable) => usesVariable(program.ast, variable),
    costWith: (variables) => estimateCost(program.ast, variables),
    evaluate(variables, budget) {
      try {
        return within(budget, () => program(variables as never) as unknown);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const reason = reasonOf(error);
        const message = `expression '${expression}' resulted in error: ${reason}`;
        const exhausted = exhaustedBy(error);
        if (exhausted) throw new OutOfBudgetError(message, { cause: exhausted, reason: exhausted.message });
        throw new CelError(message, { cause: error, reason });
      }
    },
  };
}

/** The library wraps errors of functions. */
function exhaustedBy(error: unknown): ExhaustedError | undefined {
  if (error instanceof ExhaustedError) return error;
  return error instanceof Error && error.cause !== undefined ? exhaustedBy(error.cause) : undefined;
}

function reasonOf(error: Error): string {
  const text = named(isFault(error) ? error.summary : error.message);
  return text.startsWith('No such key') ? `n${text.slice(1)}` : text;
}

/** Text matching has a function of this package under a name of its own, which no client wrote. */
const named = (text: string): string => text.replaceAll(MATCHES, 'matches');

/** Types as cel-go writes them: `list(int)`. */
const typed = (text: string): string => text.replaceAll('<', '(').replaceAll('>', ')');

/** How cel-go says that an operator or function is not for these types. Source: cel-go checker/errors.go. */
function mismatch(text: string): string | undefined {
  const said = (name: string, types: string) => `found no matching overload for '${name}' applied to '${typed(types)}'`;
  const [, left, operator = '', right] = /^no such overload: (\S.*) (\S+) (\S.*)$/s.exec(text) ?? [];
  if (right !== undefined) return said(operator === 'in' ? '@in' : `_${operator}_`, `(${left}, ${right})`);
  const [, sign, operand] = /^no such overload: ([!-])(\S.*)$/s.exec(text) ?? [];
  if (operand !== undefined) return said(`${sign}_`, `(${operand})`);
  const [, receiver, name = '', types] =
    /^found no matching overload for '(?:(.+)\.)?(\w+)(\(.*\))'$/s.exec(text) ?? [];
  return types === undefined ? undefined : said(name, `${receiver === undefined ? '' : `${receiver}.`}${types}`);
}

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
      : `${isSyntax ? 'Syntax error: ' : ''}${mismatch(text) ?? text}`;
  const place = `${before.length}:${column + 1}`;
  return `compilation failed: ERROR: <input>:${place}: ${words}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
