import type { JsonMap } from '../json.js';
import { badRequest } from '../patch-error.js';
import { DIRECTIVE_KEY, unknownDirective } from './directives.js';
import { orderList } from './element-order.js';
import { asMaps, itemKind, mergeKeyValue } from './list-items.js';

/** Merges one list item into another. */
type MergeItem = (original: JsonMap, patch: JsonMap) => JsonMap;

/**
 * Merges a list with patch strategy `merge`. Items match by merge key; of several live items with one key (container
 * ports of two protocols) the first is merged. Source: mergeSlice.
 * @param mergeKey Undefined for primitives.
 * @throws ApiError BadRequest, or Invalid for lists of lists.
 */
export function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string | undefined,
  mergeItem: MergeItem,
): unknown[] {
  const kind = itemKind(original, patch);
  if (kind === undefined) return [];
  if (kind !== 'map') return orderList([...new Set([...original, ...patch])], patch, original, undefined);
  if (mergeKey === undefined) throw badRequest('cannot merge lists without merge key for struct');
  const { live, items, replaced } = applyItemDirectives(asMaps(original), asMaps(patch), mergeKey);
  if (replaced) return items;
  return orderList(mergeItems(live, items, mergeKey, mergeItem), items, live, mergeKey);
}

interface Sides {
  live: readonly JsonMap[];
  items: JsonMap[];
  replaced: boolean;
}

/**
 * Removes the items with a `$patch`, and what they delete. An item with `$patch: replace` puts the items of the patch
 * in the place of the list. Source: mergeSliceWithSpecialElements.
 */
function applyItemDirectives(original: readonly JsonMap[], patch: readonly JsonMap[], mergeKey: string): Sides {
  const deleted = new Set<unknown>();
  const items: JsonMap[] = [];
  let replaced = false;
  for (const item of patch) {
    const directive = item[DIRECTIVE_KEY];
    if (!Object.hasOwn(item, DIRECTIVE_KEY)) items.push(item);
    else if (directive === 'delete') deleted.add(mergeKeyValue(item, mergeKey));
    else if (directive === 'replace') replaced = true;
    else if (directive === 'merge') throw badRequest('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(item);
  }
  const live = deleted.size === 0 ? original : original.filter((item) => !deleted.has(item[mergeKey]));
  return { live, items, replaced };
}

/** An item that is new is taken as it is, with its nulls and directives. Source: mergeSliceWithoutSpecialElements. */
function mergeItems(
  live: readonly JsonMap[],
  items: readonly JsonMap[],
  mergeKey: string,
  mergeItem: MergeItem,
): JsonMap[] {
  const merged = [...live];
  const places = new Map<unknown, number>();
  for (const [index, item] of live.entries()) {
    const key = item[mergeKey];
    if (!places.has(key)) places.set(key, index);
  }
  for (const item of items) {
    const key = mergeKeyValue(item, mergeKey);
    const place = places.get(key);
    const current = place === undefined ? undefined : merged[place];
    if (place !== undefined && current !== undefined) {
      merged[place] = mergeItem(current, item);
    } else {
      places.set(key, merged.length);
      merged.push(item);
    }
  }
  return merged;
}
