/**
 * Resolves to the values when all promises have ended. What has been written is then known, also where one failed: its
 * error is thrown after the others have ended.
 */
export async function allSettled<T>(promises: Iterable<Promise<T>>): Promise<T[]> {
  const ends = await Promise.allSettled(promises);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
