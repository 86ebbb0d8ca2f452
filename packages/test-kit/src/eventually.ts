import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 10_000;
const INTERVAL_MS = 20;

/**
 * Waits until `probe` returns without throwing, and returns its value.
 * @throws the last error of `probe` after the deadline: a failure shows the assertion that never held.
 */
export async function eventually<T>(probe: () => T | Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > until) throw error;
      await delay(INTERVAL_MS);
    }
  }
}
