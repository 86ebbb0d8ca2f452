/**
 * Keys in order. A change is only recorded; the next read of `sorted` merges all recorded changes in one pass. So a
 * list costs one pass over the keys after changes and nothing without changes, and the cost of a change does not
 * depend on the number of keys.
 */
export class KeyOrder {
  #sorted: readonly string[] = [];
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  /** Adds a key that is not present. */
  add(key: string): void {
    if (!this.#removed.delete(key)) this.#added.add(key);
  }

  /** Removes a key that is present. */
  remove(key: string): void {
    if (!this.#added.delete(key)) this.#removed.add(key);
  }

  /** All keys, by code unit. The array is never changed later, so a holder keeps the keys of this moment. */
  get sorted(): readonly string[] {
    if (this.#added.size > 0 || this.#removed.size > 0) {
      this.#sorted = mergeKeys(this.#sorted, [...this.#added].sort(), this.#removed);
      this.#added.clear();
      this.#removed.clear();
    }
    return this.#sorted;
  }
}

/** Merges two sorted lists without a common key, and leaves out some keys of the first. */
export function mergeKeys(
  present: readonly string[],
  added: readonly string[],
  removed: ReadonlySet<string> = new Set(),
): string[] {
  const merged: string[] = [];
  let next = 0;
  for (const key of present) {
    for (let other = added[next]; other !== undefined && other < key; other = added[next]) {
      merged.push(other);
      next += 1;
    }
    if (!removed.has(key)) merged.push(key);
  }
  for (; next < added.length; next += 1) merged.push(added[next] as string);
  return merged;
}

/** Index of the first key that is not less than `place`. */
export function indexFrom(keys: readonly string[], place: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
