import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@everynode/service-shell';

/** A running server that reports its end. */
export interface RunningServer {
  exited: Promise<number>;
  stop(): Promise<void>;
}

/** A server that is started again when it dies. */
export interface KeptServer<S extends RunningServer> {
  /** The one that runs now, or ran last. */
  readonly current: S;
  readonly restarts: number;
  stop(): Promise<void>;
}

/**
 * Starts a server and keeps it running, with back-off between failures, until `stop`. `start` has to use the same
 * address every time. Failures after the first start go to `log`.
 * @throws Error of the first start when that fails.
 */
export async function keepRunning<S extends RunningServer>(
  name: string,
  start: (previous: S | undefined) => Promise<S>,
  log: (message: string) => void,
): Promise<KeptServer<S>> {
  let current = await start(undefined);
  let restarts = 0;
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = (async () => {
    for (let failures = 0; ; ) {
      const code = await current.exited;
      if (signal.aborted) return;
      log(`${name} ended with code ${code}, starting it again`);
      for (;;) {
        failures += 1;
        await delay(backoffMs(failures), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        try {
          current = await start(current);
          restarts += 1;
          failures = 0;
          if (signal.aborted) await current.stop();
          break;
        } catch (error) {
          log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  })();
  return {
    get current() {
      return current;
    },
    get restarts() {
      return restarts;
    },
    async stop() {
      stopping.abort();
      await current.stop();
      await loop;
    },
  };
}
