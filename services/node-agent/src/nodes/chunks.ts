/** Cuts a list into lists of `size` items, the last of which may be shorter. Returns none for an empty list. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
