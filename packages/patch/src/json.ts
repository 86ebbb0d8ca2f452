import { badRequest } from './patch-error.js';

/** A JSON object. */
export type JsonMap = Record<string, unknown>;

/** The kinds of JSON values that a patch distinguishes. */
export type JsonKind = 'null' | 'map' | 'list' | 'string' | 'number' | 'bool';

/** Deeper nesting is refused: recursion must end before the stack does. No API type is nearly as deep. */
const MAX_DEPTH = 500;

export function kindOf(value: unknown): JsonKind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Returns the name of a value's kind in Go's decoder. */
export function goKindOf(value: unknown): string {
  const kind = kindOf(value);
  if (kind === 'map') return 'object';
  return kind === 'list' ? 'array' : kind;
}

export function isMap(value: unknown): value is JsonMap {
  return kindOf(value) === 'map';
}

/** Order by code units, for sorted keys. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * The member `key` of a map; undefined when it is absent. It ignores the prototype, where `constructor` would be found.
 */
export function member(map: JsonMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/**
 * A map without members, and without a prototype: `__proto__` is a key like any other there. Every map that a patch
 * writes to is one, so that no assignment can set a prototype.
 */
export const emptyMap = (): JsonMap => Object.create(null) as JsonMap;

/** Returns a deep copy that shares nothing with `value`. Undefined members are left out, as in JSON. */
export function copyJson(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw badRequest(`nesting exceeds the limit of ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => copyJson(item, depth + 1));
  const copy = emptyMap();
  for (const [key, item] of Object.entries(value)) if (item !== undefined) copy[key] = copyJson(item, depth + 1);
  return copy;
}

/**
 * {@link copyJson} of a value that must be a map.
 * @throws ApiError BadRequest when it is none.
 */
export function copyMap(value: unknown): JsonMap {
  const copy = copyJson(value);
  if (!isMap(copy)) throw badRequest(`expected a map, but received a ${kindOf(copy)}`);
  return copy;
}
