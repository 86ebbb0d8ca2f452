import {
  type Environment as CelEnvironment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import { type Budget, ExhaustedError, within } from './budget.js';
import { type Declared, estimateCost, usesVariable } from './cost.js';
import { MAX_LENGTH } from './limits.js';
import { JSON_PATCH_TEXTS, MessageFault, type MessageSource, textFunctionOf, withCalls } from './message-source.js';
import { withMessages } from './messages.js';
import { MATCHES, meter } from './metering.js';

export type Environment = CelEnvironment;

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
  checkLength(expression);
  return compileSource(environment, expression, { text: expression, types: [], placeOf: (at) => at }, returns);
}

function checkLength(expression: string): void {
  if (expression.length > MAX_LENGTH) {
    const detail = `expression code point size exceeds limit: size: ${expression.length}, limit ${MAX_LENGTH}`;
    throw new CelError(`compilation failed: ERROR: <input>:-1:0: ${detail}`);
  }
}

/**
 * Compiles an expression that may construct messages: `Object`, `Object.spec` and the like, and `JSONPatch`.
 * @param returns as of {@link compile}. @throws CelError
 */
export function compileWithMessages(
  environment: Environment,
  expression: string,
  returns: readonly string[],
): Compiled {
  checkLength(expression);
  let source: MessageSource;
  try {
    source = withCalls(expression);
  } catch (error) {
    if (!(error instanceof MessageFault)) throw error;
    throw new CelError(compilation(expression, error.at, error.message), { cause: error });
  }
  return compileSource(withMessages(environment, source.types), expression, source, returns);
}

function compileSource(
  environment: Environment,
  expression: string,
  { text, placeOf }: MessageSource,
  returns: readonly string[],
): Compiled {
  let program: ReturnType<Environment['parse']>;
  try {
    program = environment.parse(text);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new CelError(faultIn(expression, error, placeOf, true), { cause: error });
  }
  meter(program.ast);
  const checked = program.check();
  if (!checked.valid) {
    const { error } = checked;
    if (!isFault(error)) throw error ?? new Error('an expression is not valid, for no reason');
    throw new CelError(faultIn(expression, error, placeOf, false), { cause: error });
  }
  const type = checked.type ?? 'dyn';
  if (returns.length > 0 && !returns.some((one) => mayBe(type, one))) {
    const named = returns.map(typed);
    throw new CelError(
      returns.length === 1 ? `must evaluate to ${named[0]}` : `must evaluate to one of ${named.join(', ')}`,
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

/** True where a value of a type may be one of the wanted type: what a list without items holds is not known. */
const mayBe = (type: string, wanted: string): boolean =>
  type === 'dyn' || type === wanted || (wanted.startsWith('list<') && ['list', 'list<dyn>', 'list<T>'].includes(type));

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

/** How cel-go says that a field has a value of another type. Source: cel-go checker/errors.go. */
function fieldMismatch(text: string): string | undefined {
  for (const field of JSON_PATCH_TEXTS) {
    const start = `found no matching overload for '${textFunctionOf(field)}(`;
    if (!text.startsWith(start)) continue;
    return `expected type of field '${field}' is 'string' but provided type is '${typed(text.slice(start.length, -2))}'`;
  }
  return undefined;
}

/** Upstream's words for what the compiler finds. */
function faultIn(expression: string, error: Fault, placeOf: (at: number) => number, isSyntax: boolean): string {
  const text = named(error.summary);
  const unknown = /^Unknown variable: (.*)$/s.exec(text);
  const missing = /^No such key: (.*)$/s.exec(text);
  const found = Math.min(placeOf(error.range?.start ?? 0), expression.length);
  // Upstream marks the dot before a field.
  const start = missing && expression[found - 1] === '.' ? found - 1 : found;
  const words = unknown
    ? `undeclared reference to '${unknown[1]}' (in container '')`
    : missing
      ? `undefined field '${missing[1]}'`
      : `${isSyntax ? 'Syntax error: ' : ''}${fieldMismatch(text) ?? mismatch(text) ?? text}`;
  return compilation(expression, start, words);
}

/** The words with the place under its line. */
function compilation(expression: string, at: number, words: string): string {
  const before = expression.slice(0, at).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  const place = `${before.length}:${column + 1}`;
  return `compilation failed: ERROR: <input>:${place}: ${words}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
