/** Reads something of each item, some at a time, in their order. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  size: number,
  read: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += size) {
    results.push(...(await Promise.all(items.slice(at, at + size).map(read))));
  }
  return results;
}
