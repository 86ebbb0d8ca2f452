import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, to complete "gave up waiting for …". */
  what: string;
  deadlineMs: number;
  /** Time between two calls of the probe, in ms. */
  everyMs?: number;
  signal?: AbortSignal;
}

/**
 * Calls `probe` until it returns something other than undefined or false, and returns that.
 * @throws Error at the deadline, and at once when `probe` throws or the signal aborts.
 */
export async function waitUntil<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const end = performance.now() + options.deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() >= end) {
      throw new Error(`gave up waiting for ${options.what} after ${Math.round(options.deadlineMs / 1000)} s`);
    }
    await delay(options.everyMs ?? 20);
  }
}
