import { goText, goTypeOf } from '../go-text.js';
import { isMap, type JsonKind, type JsonMap, kindOf } from '../json.js';
import { badRequest, unprocessable } from '../patch-error.js';

/**
 * The common kind of all items of the lists; undefined when there are no items. Source: sliceElementType.
 * @throws ApiError Invalid for lists of lists, BadRequest for items of different kinds.
 */
export function itemKind(...lists: readonly (readonly unknown[])[]): JsonKind | undefined {
  let found: JsonKind | undefined;
  for (const item of lists.flat()) {
    const kind = kindOf(item);
    if (found === undefined && kind === 'list') throw unprocessable('lists of lists are not supported');
    found ??= kind;
    if (kind !== found) throw badRequest(`list element types are not identical: ${goText(lists)}`);
  }
  return found;
}

/**
 * The value of the merge key in a list item.
 * @throws ApiError BadRequest when the item has none, or one that cannot be compared.
 */
export function mergeKeyValue(item: unknown, mergeKey: string): unknown {
  if (!isMap(item)) throw badRequest(`expected a map[string]interface {}, but received a ${goTypeOf(item)}`);
  if (!Object.hasOwn(item, mergeKey)) {
    throw badRequest(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
  }
  const value = item[mergeKey];
  if (typeof value === 'object' && value !== null) throw badRequest(`the merge key ${mergeKey} is no scalar`);
  return value;
}

/** How the items of a list are matched: by merge key, or by themselves when they are primitives. */
export const keyOfItems =
  (mergeKey: string | undefined) =>
  (item: unknown): unknown =>
    mergeKey === undefined ? item : mergeKeyValue(item, mergeKey);

/** Items as maps; {@link itemKind} has checked that they are. */
export const asMaps = (items: readonly unknown[]): JsonMap[] => items.filter(isMap);
