/**
 * Keys in order. Changes are noted when they come and worked in when somebody looks: a list costs one pass over the keys
 * after changes, and nothing between them; a change costs the same however many keys there are.
 */
export class KeyOrder {
  #sorted: readonly string[] = [];
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  /** A key that is not there. */
  add(key: string): void {
    if (!this.#removed.delete(key)) this.#added.add(key);
  }

  /** A key that is there. */
  remove(key: string): void {
    if (!this.#added.delete(key)) this.#removed.add(key);
  }

  /** All keys, by code unit. The array is never changed: who holds it sees the keys of that moment. */
  get sorted(): readonly string[] {
    if (this.#added.size > 0 || this.#removed.size > 0) {
      this.#sorted = mergeKeys(this.#sorted, [...this.#added].sort(), this.#removed);
      this.#added.clear();
      this.#removed.clear();
    }
    return this.#sorted;
  }
}

/** Two sorted lists as one, without some keys of the first. They have no key in common. */
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

/** Index of the first key at or after a place. */
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
