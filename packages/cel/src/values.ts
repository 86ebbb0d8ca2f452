import { Budget } from './budget.js';
import { baseEnvironment } from './environment.js';
import { Message } from './messages.js';
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

/**
 * A value of the language as JSON. Fields of messages are members. @throws Error for a value that JSON has not.
 */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  const isPlain = value instanceof Message || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain && Object.getPrototypeOf(value) !== null) throw new Error('a value that JSON has not');
  const entries: (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  const members = entries.map(([key, member]): [string, unknown] => {
    if (typeof key !== 'string') throw new Error(`map key "${String(key)}" is not string`);
    return [key, fromCel(member)];
  });
  return Object.fromEntries(members);
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
