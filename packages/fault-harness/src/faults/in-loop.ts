import { setTimeout as delay } from 'node:timers/promises';

/** Runs `turn` again and again until the returned function is called. A turn that fails is followed by the next. */
export function inLoop(turn: () => Promise<unknown>, everyMs: number): () => Promise<void> {
  const stopped = new AbortController();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await turn().catch(() => undefined);
      await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopped.abort();
    await running;
  };
}
