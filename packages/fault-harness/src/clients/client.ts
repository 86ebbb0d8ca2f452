import { setTimeout as delay } from 'node:timers/promises';

/** Something that goes on until the run ends. */
export interface RunningClient {
  stop(): Promise<void>;
}

/** Calls `turn` again and again, with a pause in ms between, until it is stopped. */
export function repeat(turn: (signal: AbortSignal) => Promise<void>, pauseMs: () => number): RunningClient {
  const stopped = new AbortController();
  const { signal } = stopped;
  const running = (async () => {
    while (!signal.aborted) {
      await turn(signal);
      await delay(pauseMs(), undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
