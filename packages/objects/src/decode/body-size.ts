import { Lexer } from 'yaml';
import { ApiError } from '../api-error.js';

/**
 * How much one body may hold, beside its bytes. What a request costs grows with the number of its values (each is
 * decoded, defaulted, validated and given an owner), and three bytes are enough for one. Upstream has no such limits;
 * no object that fits into etcd and serves a purpose comes near them.
 */
const MAX_VALUES = 50_000;
/** The most entries of one list or one map. */
const MAX_ENTRIES = 10_000;
/** Deeper nesting is refused (Go's decoder stops at 10,000): recursion must end before the stack does. */
export const MAX_DEPTH = 500;

/** A body of fewer bytes cannot pass the limits: an entry takes two of them. */
const HARMLESS_BYTES = 2 * MAX_ENTRIES;

/** @throws ApiError RequestEntityTooLarge for a value with too many values or entries. `bytes` is the body's length. */
export function checkValues(value: unknown, bytes = Number.POSITIVE_INFINITY): void {
  if (bytes < HARMLESS_BYTES) return;
  let left = MAX_VALUES;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== 'object' || one === null) continue;
    const entries = Array.isArray(one) ? one : Object.values(one);
    if (entries.length > MAX_ENTRIES) {
      throw tooLarge(`one list or map of the body has more than ${MAX_ENTRIES} entries`);
    }
    left -= entries.length;
    if (left < 0) throw tooManyValues();
    for (const entry of entries) if (typeof entry === 'object') open.push(entry);
  }
}

const tooManyValues = (): ApiError => tooLarge(`the body has more than ${MAX_VALUES} values`);

export const tooLarge = (why: string): ApiError =>
  new ApiError('RequestEntityTooLarge', `Request entity too large: ${why}`);

/** Tokens of YAML for one value: its key, colon, spaces, the marks of a scalar, the end of the line. */
const TOKENS_OF_VALUE = 12;
/** The lexer says with it that the next token is a scalar, whatever it looks like. */
const SCALAR = '\x1f';

/**
 * Looks at YAML before it is parsed: the parser takes a long time, and much memory, for what is refused afterwards.
 * @throws ApiError RequestEntityTooLarge.
 * @throws Error for lists in lists that are too deep.
 */
export function checkYaml(text: string): void {
  let left = TOKENS_OF_VALUE * MAX_VALUES;
  let depth = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    left -= 1;
    if (left < 0) throw tooManyValues();
    if (!isScalar) {
      if (token === '[' || token === '{') depth += 1;
      else if (token === ']' || token === '}') depth -= 1;
      if (depth > MAX_DEPTH) throw new Error('exceeded max depth');
    }
    isScalar = token === SCALAR;
  }
}

/** Counts the values of a body while it is read, where that costs more than to look at them afterwards. */
export class ValueCount {
  #left = MAX_VALUES;

  /** @throws ApiError RequestEntityTooLarge. */
  add(): void {
    this.#left -= 1;
    if (this.#left < 0) throw tooManyValues();
  }
}
