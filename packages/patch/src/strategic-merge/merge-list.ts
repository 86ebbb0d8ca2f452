import type { FieldFacts } from '../field-facts.js';
import { goText } from '../go-text.js';
import type { JsonMap } from '../json.js';
import { badRequest } from '../patch-error.js';
import { adopt, adoptList, isMarker } from './adopt.js';
import { directiveOf } from './directives.js';
import { orderElements } from './element-order.js';
import { asMaps, itemKind, keyOfItems, mergeKeyValue } from './list-items.js';

/** Merges one list item into another. Both are maps of the type that `facts` describes. */
type MergeItem = (original: JsonMap, patch: JsonMap, facts: FieldFacts | undefined) => JsonMap;

/** A list of the object and its patch; undefined for an absent list. */
interface ListPatch {
  original: unknown[] | undefined;
  patch: unknown[] | undefined;
  /** The list under `$setElementOrder`. */
  order: unknown[] | undefined;
  /** Absent for primitives. */
  mergeKey: string | undefined;
  /** Facts of one item. */
  itemFacts: FieldFacts | undefined;
}

/**
 * Merges a list with patch strategy `merge` (strategicpatch mergeSlice). Items match by merge key; of several live
 * items with one key (container ports of two protocols) the first is merged. A list that the object does not have is
 * added as it is.
 * @returns undefined when neither side has the list.
 */
export function mergeList(list: ListPatch, mergeItem: MergeItem): unknown[] | undefined {
  const { original = [], patch = [], order } = list;
  if (list.original === undefined && list.patch === undefined) return undefined;
  const kind = itemKind(original, patch, order ?? []);
  if (kind === undefined) return [];
  if (kind !== 'map') {
    // A merged list has no duplicates, but an added list is stored as it was sent.
    const merged = list.original ? [...new Set([...original, ...patch])] : patch;
    return orderPrimitives(merged, patch, original, order);
  }
  if (list.mergeKey === undefined) throw badRequest('cannot merge lists without merge key for type map');
  return mergeMaps(original, patch, list.mergeKey, list, mergeItem);
}

function orderPrimitives(
  merged: unknown[],
  patch: unknown[],
  original: unknown[],
  order: unknown[] | undefined,
): unknown[] {
  if (order) checkOrder(patch, order, undefined);
  return orderElements(merged, order ?? patch, original, keyOfItems(undefined));
}

function mergeMaps(
  original: unknown[],
  patch: unknown[],
  mergeKey: string,
  list: ListPatch,
  mergeItem: MergeItem,
): unknown[] {
  const { order } = list;
  const { live, items, replaced } = applyItemDirectives(asMaps(original), asMaps(patch), mergeKey);
  if (order) checkOrder(items, order, mergeKey);
  const taken = replaced || list.original === undefined;
  const merged = taken ? adoptList(items) : mergeItems(live, items, mergeKey, list.itemFacts, mergeItem);
  if (taken && !order) return merged;
  return orderElements(merged, order ?? items, taken ? merged : original, keyOfItems(mergeKey));
}

/** Removes from both lists the items that `$patch` deletes. */
function applyItemDirectives(
  original: JsonMap[],
  patch: JsonMap[],
  mergeKey: string,
): { live: JsonMap[]; items: JsonMap[]; replaced: boolean } {
  const deleted = new Set<unknown>();
  const items: JsonMap[] = [];
  let replaced = false;
  for (const item of patch) {
    const directive = directiveOf(item);
    if (directive === 'delete') deleted.add(mergeKeyValue(item, mergeKey));
    else if (directive === 'replace') replaced = true;
    else if (directive === undefined || !isMarker(item)) items.push(item);
  }
  // As upstream, a replaced list has the patch's items without `$patch`. An item with `$patch: replace` only marks the
  // list as replaced.
  const live = deleted.size === 0 ? original : original.filter((item) => !deleted.has(item[mergeKey]));
  return { live, items, replaced };
}

function mergeItems(
  live: JsonMap[],
  items: JsonMap[],
  mergeKey: string,
  itemFacts: FieldFacts | undefined,
  mergeItem: MergeItem,
): unknown[] {
  const merged: JsonMap[] = [...live];
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
      merged[place] = mergeItem(current, item, itemFacts);
    } else {
      places.set(key, merged.length);
      merged.push(adopt(item) as JsonMap);
    }
  }
  return merged;
}

/** The order must name everything in the patch list, and in the same order. */
function checkOrder(items: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (order.length === 0) return;
  const keyOf = keyOfItems(mergeKey);
  const wanted = order.map(keyOf);
  let next = 0;
  for (const item of items) {
    const found = wanted.indexOf(keyOf(item), next);
    if (found < 0) {
      throw badRequest(
        `The order in patch list:\n${goText(items)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
      );
    }
    next = found + 1;
  }
}
