/** A scenario that observes the signal has this long to reject with a better reason, in ms. */
const PATIENCE_MS = 200;

/**
 * Resolves as `work` does.
 * @throws as `work` does; an Error soon after the signal aborts, even when `work` ignores it.
 */
export async function orAbort<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => setTimeout(() => reject(new Error('it took too long', { cause: signal.reason })), PATIENCE_MS);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
