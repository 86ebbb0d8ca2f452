import { Budget } from './budget.js';
import { baseEnvironment } from './environment.js';
import { CelError, compile } from './program.js';

/**
 * A JSON value as the language has it: whole numbers are its integers, others its doubles. What the value holds is not
 * shared with it.
 */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCel(member)]));
  }
  return value;
}

export { optional } from './library/optional.js';

const toDuration = compile(baseEnvironment().registerVariable('text', 'string'), 'duration(text)');

/** A text as a duration of the language; undefined for one that it does not know. */
export function durationValue(text: string): unknown {
  try {
    return toDuration.evaluate({ text }, new Budget(1000));
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}
