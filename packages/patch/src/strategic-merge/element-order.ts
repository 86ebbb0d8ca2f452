/** What two items of a list are matched by: the value of the merge key, or the primitive itself. */
export type ItemKey = string | number | boolean | null;

/** Gives the key of an item. */
export type KeyOf = (item: unknown) => ItemKey;

/**
 * Puts a merged list in order (strategicpatch normalizeElementOrder).
 *
 * Items that `wanted` names take the order they have there, all others the order they have in `live`. Then the two runs
 * are zipped: a live item goes before the next wanted one only if it stood before it in `live`. A wanted item that is
 * new to the list therefore comes before live ones, which is why `kubectl patch` shows an added container first.
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

/** Place of each key; of keys that occur more than once the first. */
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
