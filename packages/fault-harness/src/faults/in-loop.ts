import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../record/clock.js';

/**
 * Runs `turn` again and again until it is healed. A turn that fails is followed by the next: what it is aimed at may be
 * gone for a moment. It strikes with each turn that does something: one that does not return false.
 */
export function inLoop(
  turn: () => Promise<unknown>,
  everyMs: number,
): { strikes: number[]; heal: () => Promise<void> } {
  const stopped = new AbortController();
  const strikes: number[] = [];
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await turn().then(
        (done) => {
          if (done !== false) strikes.push(now());
        },
        () => undefined,
      );
      await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    strikes,
    async heal() {
      stopped.abort();
      await running;
    },
  };
}
