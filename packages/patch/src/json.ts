import { badRequest } from './patch-error.js';

/** A JSON object. */
export type JsonMap = Record<string, unknown>;

/** The kinds of JSON values that a patch tells apart. */
export type JsonKind = 'null' | 'map' | 'list' | 'string' | 'number' | 'bool';

/** Nesting beyond this is refused: recursion must end before the stack does. No API type comes near it. */
export const MAX_DEPTH = 500;

export function kindOf(value: unknown): JsonKind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** What Go's decoder calls the kind of a value. */
export function goKindOf(value: unknown): string {
  const kind = kindOf(value);
  if (kind === 'map') return 'object';
  return kind === 'list' ? 'array' : kind;
}

export function isMap(value: unknown): value is JsonMap {
  return kindOf(value) === 'map';
}

/** Order of code units, for keys that are written sorted. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The member `key` of a map; undefined when it is absent. Never looks at a prototype, where `constructor` would be found. */
export function member(map: JsonMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/**
 * A deep copy that shares nothing with `value`. Members that are undefined are left out, as JSON does.
 *
 * A `__proto__` key would set a prototype at the first careless assignment further on, so no copy has one: in a stored
 * object it is dropped, in a patch it is refused with BadRequest.
 */
export function copyJson(value: unknown, origin: 'object' | 'patch', depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw badRequest(`nesting exceeds the limit of ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => copyJson(item, origin, depth + 1));
  const copy: JsonMap = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') {
      if (origin === 'patch') throw badRequest('a patch may not contain the key "__proto__"');
      continue;
    }
    if (item !== undefined) copy[key] = copyJson(item, origin, depth + 1);
  }
  return copy;
}

/** {@link copyJson} of a value that must be a map; BadRequest otherwise. */
export function copyMap(value: unknown, origin: 'object' | 'patch'): JsonMap {
  const copy = copyJson(value, origin);
  if (!isMap(copy)) throw badRequest(`expected a map, but received a ${kindOf(copy)}`);
  return copy;
}
