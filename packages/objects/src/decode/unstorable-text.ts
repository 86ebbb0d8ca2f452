import type { FieldError } from '../field-error.js';
import { invalidValue } from '../validation/field-errors.js';

/** An escape of U+0000, or one half of a surrogate pair. Any other escape is harmless. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})/;
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
/** A client that sends thousands of them is told of these. */
const MAX_ERRORS = 20;
/** How much of a value is shown, in UTF-16 units. */
const SHOWN = 64;
const DETAIL = 'must not contain the character U+0000, which the store cannot hold';

/**
 * True when JSON text may contain what Postgres cannot read back: U+0000, or half a surrogate pair. False is certain.
 * Postgres takes their escapes as they are, and fails later, in each query that reads a member of the JSON.
 */
export const maybeUnstorable = (json: string): boolean => json.includes('\\u') && SUSPECT.test(json);

/**
 * An error for each string or key of a JSON value with U+0000, up to 20. Upstream stores it; Postgres cannot. Keys that
 * are no plain names are shown as members of a map: `metadata.annotations[a/b]`.
 */
export function nulErrors(value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = [];
  visit(value, path, errors);
  return errors;
}

function visit(value: unknown, path: string, errors: FieldError[]): void {
  if (errors.length >= MAX_ERRORS) return;
  if (typeof value === 'string') {
    if (value.includes('\0')) errors.push(invalidValue(path, value.slice(0, SHOWN), DETAIL));
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, `${path}[${index}]`, errors);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key.includes('\0')) errors.push(invalidValue(path, key.slice(0, SHOWN), DETAIL));
      else visit(item, memberPath(path, key), errors);
    }
  }
}

const memberPath = (path: string, key: string): string => {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(key)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
};

/** The value with U+FFFD in place of each half of a surrogate pair, in strings and keys, as Go's decoder reads it. */
export function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return (LONE.test(value) ? value.replaceAll(ALL_LONE, '\uFFFD') : value) as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [wellFormed(key), wellFormed(item)])) as T;
}

const ALL_LONE = new RegExp(LONE, 'g');
