/** What two items of a list are matched by: the value of the merge key, or the primitive itself. */
export type ItemKey = string | number | boolean | null;

/** Returns the key of an item. */
export type KeyOf = (item: unknown) => ItemKey;

/**
 * Orders a merged list (strategicpatch normalizeElementOrder).
 *
 * Items in `wanted` have its order, all others that of `live`. Then the two runs are merged: a live item comes before
 * the next wanted one only if it did in `live`. A wanted item that is new to the list therefore comes before live ones.
 * So `kubectl patch` shows an added container first.
 */
export function orderElements(
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
function ranks(items: readonly unknown[], keyOf: KeyOf): Map<ItemKey, number> {
  const places = new Map<ItemKey, number>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    if (!places.has(key)) places.set(key, index);
  }
  return places;
}

function sortByRank(items: unknown[], rank: Map<ItemKey, number>, keyOf: KeyOf): unknown[] {
  const rankOf = (item: unknown): number => rank.get(keyOf(item)) ?? rank.size;
  return items.toSorted((left, right) => rankOf(left) - rankOf(right));
}
