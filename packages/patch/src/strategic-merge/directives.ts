import { goText } from '../go-text.js';
import { type JsonMap, kindOf, member } from '../json.js';
import { badRequest } from '../patch-error.js';

/** The values of `$patch` in a map or in a list item. */
type Directive = 'replace' | 'delete' | 'merge';

export const DIRECTIVE_KEY = '$patch';
export const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList';

/** The key that orders the list `field`. */
export const setOrderKey = (field: string): string => `${SET_ORDER}/${field}`;

/** The key that removes values from the list of primitives `field`. */
export const deletePrimitivesKey = (field: string): string => `${DELETE_PRIMITIVES}/${field}`;

/** A patch map, with its directives separated from its fields. */
interface PatchParts {
  /** Plain members, by field. */
  fields: Map<string, unknown>;
  /** Keys to keep; undefined when the patch names none. */
  retainKeys: ReadonlySet<unknown> | undefined;
  /** The wanted order, by field. */
  orders: Map<string, unknown[]>;
  /** Values to remove, by field. */
  deletions: Map<string, unknown[]>;
}

/**
 * The `$patch` of a map; undefined when it has none.
 * @throws ApiError BadRequest for an unknown value.
 */
export function directiveOf(map: JsonMap): Directive | undefined {
  if (!Object.hasOwn(map, DIRECTIVE_KEY)) return undefined;
  const directive = map[DIRECTIVE_KEY];
  if (directive === 'replace' || directive === 'delete' || directive === 'merge') return directive;
  throw badRequest(`unknown patch type: ${goText(directive)} in map: ${goText(map)}`);
}

/** True for a key that controls the merge and is never stored. */
export function isDirectiveKey(key: string): boolean {
  return key === DIRECTIVE_KEY || key === RETAIN_KEYS || key.startsWith(SET_ORDER) || key.startsWith(DELETE_PRIMITIVES);
}

/** Separates the members of a patch map into fields and directives. The caller handles `$patch`. */
export function splitPatch(patch: JsonMap): PatchParts {
  const parts: PatchParts = {
    fields: new Map(),
    retainKeys: undefined,
    orders: new Map(),
    deletions: new Map(),
  };
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE_KEY || key === RETAIN_KEYS) continue;
    if (key.startsWith(SET_ORDER)) {
      parts.orders.set(fieldIn(key, SET_ORDER, 'setElementOrder list'), listIn(key, value, 'setElementOrder list'));
    } else if (key.startsWith(DELETE_PRIMITIVES)) {
      // Upstream passes over anything but a list.
      const field = fieldIn(key, DELETE_PRIMITIVES, 'primitive list');
      if (Array.isArray(value)) parts.deletions.set(field, value);
    } else {
      parts.fields.set(key, value);
    }
  }
  parts.retainKeys = readRetainKeys(patch, parts.fields);
  return parts;
}

/** A patch may only set keys that it also retains: any other key would be set and dropped at once. */
function readRetainKeys(patch: JsonMap, fields: Map<string, unknown>): ReadonlySet<unknown> | undefined {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return undefined;
  const keys = new Set(listIn(RETAIN_KEYS, member(patch, RETAIN_KEYS), 'retainKeys'));
  for (const [field, value] of fields) {
    if (value !== null && !keys.has(field)) {
      throw badRequest(`invalid patch format of retainKeys: ${field} is set, but is not in the list`);
    }
  }
  return keys;
}

function fieldIn(key: string, prefix: string, what: string): string {
  const field = key.slice(prefix.length + 1);
  if (key[prefix.length] !== '/' || field === '') {
    throw badRequest(`invalid patch format of ${what}: ${key} names no field`);
  }
  return field;
}

function listIn(key: string, value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw badRequest(`invalid patch format of ${what}: ${key} must be a list, but is a ${kindOf(value)}`);
}
