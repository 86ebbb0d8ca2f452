import { backoffMs, pause } from '@everynode/service-shell';
import type { ReflectorSource } from './reflector-options.js';

/** Without news for this long, Postgres is asked whether there are any: the bus may be down or may have lost some. */
const QUIET_MS = 5000;
const QUIET_WITHOUT_BUS_MS = 500;

export interface QuietOptions {
  bus: Pick<ReflectorSource['bus'], 'trouble'>;
  store: Pick<ReflectorSource['store'], 'currentRevision'>;
  /** When news came last, in ms on the monotonic clock. */
  lastNews: () => number;
  onRevision: (latest: number) => Promise<void>;
  onFailure: (error: unknown, failures: number) => void;
  signal: AbortSignal;
}

/** Asks Postgres for its newest revision whenever nothing was received for a while. Resolves when the signal aborts. */
export async function askWhenQuiet(options: QuietOptions): Promise<void> {
  const { bus, store, signal } = options;
  for (let failures = 0; !signal.aborted; ) {
    const quietMs = bus.trouble === undefined ? QUIET_MS : QUIET_WITHOUT_BUS_MS;
    await pause(failures > 0 ? backoffMs(failures) : quietMs / 2, signal);
    if (signal.aborted || (failures === 0 && performance.now() - options.lastNews() < quietMs)) continue;
    try {
      await options.onRevision(await store.currentRevision());
      failures = 0;
    } catch (error) {
      failures += 1;
      options.onFailure(error, failures);
    }
  }
}
