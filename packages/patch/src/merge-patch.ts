import { copyJson, emptyMap, goKindOf, isMap, type JsonMap, member } from './json.js';
import { badRequest } from './patch-error.js';

/**
 * Applies a JSON merge patch (RFC 7386): null deletes a member, maps merge, everything else replaces.
 *
 * Neither argument is changed, and the result shares nothing with them. A patch that is no JSON object is a BadRequest:
 * RFC 7386 would replace the whole document with it, and an API object is always a map.
 */
export function applyMergePatch(object: object, patch: unknown): JsonMap {
  if (patch === null) throw badRequest('Invalid JSON Patch');
  if (!isMap(patch)) {
    const kind = goKindOf(patch);
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    );
  }
  return mergeInto(copyJson(object), copyJson(patch) as JsonMap);
}

function mergeInto(target: unknown, patch: JsonMap): JsonMap {
  const merged: JsonMap = isMap(target) ? target : emptyMap();
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = isMap(value) ? mergeInto(member(merged, key), value) : value;
  }
  return merged;
}
