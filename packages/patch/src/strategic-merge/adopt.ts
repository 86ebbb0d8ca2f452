import { isMap, type JsonMap } from '../json.js';
import { DIRECTIVE_KEY } from './directives.js';

/** A value of a patch where nulls in maps, at any depth, mean "absent". Source: discardNullValuesFromPatch. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) for (const item of value) withoutNulls(item);
  else if (isMap(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (inner === null) delete value[key];
      else withoutNulls(inner);
    }
  }
  return value;
}

/**
 * A value that has nothing to merge with, without the maps that have a `$patch`; undefined for such a map itself. Other
 * directives stay, and are refused where the result is decoded. Source: removeDirectives.
 */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isMap(value)) return value;
  return Object.hasOwn(value, DIRECTIVE_KEY) ? undefined : membersWithoutDirectives(value);
}

function membersWithoutDirectives(map: JsonMap): JsonMap {
  for (const [key, inner] of Object.entries(map)) {
    const kept = withoutDirectives(inner);
    if (kept === undefined) delete map[key];
    else map[key] = kept;
  }
  return map;
}
