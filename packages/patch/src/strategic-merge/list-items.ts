import { goText } from '../go-text.js';
import { isMap, type JsonKind, type JsonMap, kindOf, member } from '../json.js';
import { badRequest, unprocessable } from '../patch-error.js';
import type { ItemKey, KeyOf } from './element-order.js';

/**
 * The common kind of all items of the lists; undefined when there are no items.
 * @throws ApiError Invalid for lists of lists, BadRequest for items of different kinds.
 */
export function itemKind(...lists: readonly (readonly unknown[])[]): JsonKind | undefined {
  let found: JsonKind | undefined;
  for (const item of lists.flat()) {
    const kind = kindOf(item);
    if (kind === 'list') throw unprocessable('lists of lists are not supported');
    found ??= kind;
    if (kind !== found) throw badRequest(`list element types are not identical: ${goText(lists)}`);
  }
  return found;
}

/**
 * The value of the merge key in a list item.
 * @throws ApiError BadRequest when the item has no value that could match another.
 */
export function mergeKeyValue(item: unknown, mergeKey: string): string | number | boolean {
  if (!isMap(item)) throw badRequest(`expected a map, but received a ${kindOf(item)}`);
  const value = member(item, mergeKey);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw badRequest(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
}

/** How the items of a list are matched: by merge key, or by themselves when they are primitives. */
export function keyOfItems(mergeKey: string | undefined): KeyOf {
  return mergeKey === undefined ? (item) => item as ItemKey : (item) => mergeKeyValue(item, mergeKey);
}

/** Items as maps; {@link itemKind} has checked that they are. */
export function asMaps(items: readonly unknown[]): JsonMap[] {
  return items.filter(isMap);
}
