import { goText } from '../go-text.js';
import { isMap } from '../json.js';
import { badRequest } from '../patch-error.js';
import { DIRECTIVE_KEY } from './directives.js';
import { keyOfItems } from './list-items.js';

/** Returns what an item of a list is matched by: the value of the merge key, or the primitive itself. */
type KeyOf = (item: unknown) => unknown;

/** The list in the wanted order: {@link orderElements} by merge key, or by value for a list of primitives. */
export const orderList = (
  merged: readonly unknown[],
  wanted: readonly unknown[],
  live: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] => orderElements(merged, wanted, live, keyOfItems(mergeKey));

/**
 * Checks that the order names everything in the patch list but deletions, and in the same order. Source:
 * validatePatchWithSetOrderList.
 */
export function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const keyOf = keyOfItems(mergeKey);
  let next = 0;
  for (const item of patch) {
    if (mergeKey !== undefined && isMap(item) && Object.hasOwn(item, DIRECTIVE_KEY)) continue;
    const key = keyOf(item);
    while (next < order.length && keyOf(order[next]) !== key) next += 1;
    if (next === order.length) {
      throw badRequest(
        `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
      );
    }
    next += 1;
  }
}

/**
 * Orders a merged list (strategicpatch normalizeElementOrder).
 *
 * Items in `wanted` have its order, all others that of `live`. Then the two runs are merged: a live item comes before
 * the next wanted one only if it did in `live`. A wanted item that is new to the list therefore comes before live ones.
 * So `kubectl patch` shows an added container first.
 */
function orderElements(
  merged: readonly unknown[],
  wanted: readonly unknown[],
  live: readonly unknown[],
  keyOf: KeyOf,
): unknown[] {
  const wantedRank = ranks(wanted, keyOf);
  const liveRank = ranks(live, keyOf);
  const named = sortByRank(
    merged.filter((item) => wantedRank.has(keyOf(item))),
    wantedRank,
    keyOf,
  );
  const others = sortByRank(
    merged.filter((item) => !wantedRank.has(keyOf(item))),
    liveRank,
    keyOf,
  );
  const ordered: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const rank = liveRank.get(keyOf(item));
    while (rank !== undefined && next < others.length && (liveRank.get(keyOf(others[next])) ?? rank) < rank) {
      ordered.push(others[next]);
      next += 1;
    }
    ordered.push(item);
  }
  return [...ordered, ...others.slice(next)];
}

/** The place of each key, the first one for keys that occur more than once. */
function ranks(items: readonly unknown[], keyOf: KeyOf): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    if (!places.has(key)) places.set(key, index);
  }
  return places;
}

function sortByRank(items: unknown[], rank: Map<unknown, number>, keyOf: KeyOf): unknown[] {
  const rankOf = (item: unknown): number => rank.get(keyOf(item)) ?? rank.size;
  return items.toSorted((left, right) => rankOf(left) - rankOf(right));
}
