import { goText } from '../go-text.js';
import { emptyMap, type JsonMap } from '../json.js';
import { badRequest } from '../patch-error.js';

export const DIRECTIVE_KEY = '$patch';
export const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList';

/** The key that orders the list `field`. */
export const setOrderKey = (field: string): string => `${SET_ORDER}/${field}`;

/** The key that removes values from the list of primitives `field`. */
export const deletePrimitivesKey = (field: string): string => `${DELETE_PRIMITIVES}/${field}`;

export const isOrderKey = (key: string): boolean => key.startsWith(SET_ORDER);
export const isDeletionKey = (key: string): boolean => key.startsWith(DELETE_PRIMITIVES);

/** The field that a key orders. @throws ApiError BadRequest where it has no such form. */
export const orderedFieldOf = (key: string): string => fieldIn(key, SET_ORDER, 'setElementOrder list');

/** The field from which a key deletes. @throws ApiError BadRequest where it has no such form. */
export const deletedFieldOf = (key: string): string => fieldIn(key, DELETE_PRIMITIVES, 'primitive list');

function fieldIn(key: string, prefix: string, what: string): string {
  const [first, ...rest] = key.split('/');
  if (first !== prefix || rest.length === 0) throw badRequest(`invalid patch format of ${what}`);
  return rest.join('/');
}

/**
 * What takes the place of a map by the `$patch` of its patch. Source: handleDirectiveInMergeMap.
 * @throws ApiError BadRequest for another value than `replace` and `delete`.
 */
export function replacementOf(patch: JsonMap): JsonMap {
  const { [DIRECTIVE_KEY]: directive, ...rest } = patch;
  if (directive === 'replace') return Object.assign(emptyMap(), rest);
  if (directive === 'delete') return emptyMap();
  throw unknownDirective(patch);
}

export const unknownDirective = (map: JsonMap): Error =>
  badRequest(`unknown patch type: ${goText(map[DIRECTIVE_KEY])} in map: ${goText(map)}`);
