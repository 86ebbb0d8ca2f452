import { emptyMap, isMap, type JsonMap } from '../json.js';
import { directiveOf, isDirectiveKey } from './directives.js';

/**
 * The value of a patch where the object has nothing to merge with: nulls in maps mean "absent", and directives have
 * nothing to act on (strategicpatch removeDirectives, discardNullValuesFromPatch).
 *
 * Upstream drops any such map that has a `$patch`. Here `replace` and `merge` keep the content, so that replacing a map
 * has one result whether or not the map existed.
 * @returns undefined when the value deletes itself with `$patch: delete`.
 */
export function adopt(value: unknown): unknown {
  if (Array.isArray(value)) return adoptList(value);
  if (!isMap(value)) return value;
  return directiveOf(value) === 'delete' ? undefined : adoptMap(value);
}

/**
 * {@link adopt} of every item. Items that delete themselves, and bare `$patch` markers for the whole list, are left
 * out.
 */
export function adoptList(list: unknown[]): unknown[] {
  return list
    .filter((item) => !(isMap(item) && isMarker(item)))
    .map(adopt)
    .filter((item) => item !== undefined);
}

/** The fields of a map without directives and nulls. A `$patch` in the map itself is ignored. */
export function adoptMap(map: JsonMap): JsonMap {
  const adopted = emptyMap();
  for (const [key, value] of Object.entries(map)) {
    if (value === null || isDirectiveKey(key)) continue;
    const kept = adopt(value);
    if (kept !== undefined) adopted[key] = kept;
  }
  return adopted;
}

/** True for a list item that concerns the whole list: `{"$patch": "replace"}`. */
export function isMarker(item: JsonMap): boolean {
  return directiveOf(item) !== undefined && Object.keys(item).length === 1;
}
