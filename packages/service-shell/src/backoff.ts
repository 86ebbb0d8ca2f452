import { setTimeout as delay } from 'node:timers/promises';

/** Times in ms. Each wait doubles from `firstMs` up to `maxMs`, with up to a quarter taken off at random. */
export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
}

const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 5000 };

/** How long to wait after `failures` failures in a row (1 or more). */
export function backoffMs(failures: number, options: BackoffOptions = DEFAULT_BACKOFF): number {
  const full = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.75 + Math.random() * 0.25);
}

/** Waits; ends early, without an error, when `signal` aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/**
 * Runs `attempt` until it succeeds, with back-off between failures. Ends with `undefined` when `signal` aborts.
 * `onFailure` sees every error: nothing fails in silence.
 */
export async function retryUntilDone<T>(
  attempt: () => Promise<T>,
  options: { signal: AbortSignal; onFailure: (error: unknown, failures: number) => void; backoff?: BackoffOptions },
): Promise<T | undefined> {
  for (let failures = 0; !options.signal.aborted; ) {
    try {
      return await attempt();
    } catch (error) {
      failures += 1;
      if (options.signal.aborted) break;
      options.onFailure(error, failures);
      await pause(backoffMs(failures, options.backoff), options.signal);
    }
  }
  return undefined;
}
