import { outageReason } from './outage.js';

/** Since when Postgres does not do its work, and why. */
export interface Outage {
  reason: string;
  since: Date;
}

/** Remembers whether one kind of work, reads or writes, succeeds at the moment. */
export class OutageWatch {
  #outage: Outage | undefined;
  #error: unknown;

  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** What the last attempt failed with. */
  get error(): unknown {
    return this.#error;
  }

  failed(error: unknown): void {
    this.#error = error;
    this.#outage = { reason: outageReason(error), since: this.#outage?.since ?? new Date() };
  }

  succeeded(): void {
    this.#error = undefined;
    this.#outage = undefined;
  }
}

/** How often a probe runs, in ms: while work fails, and while all is well. */
const FAILING_MS = 1000;
const WELL_MS = 2000;

/**
 * Runs a probe again and again until the signal aborts, so that an outage is noticed and ends without a client's
 * request. A probe records by itself what it found, and an error of it has been recorded.
 */
export function probeRepeatedly(probe: () => Promise<void>, watch: OutageWatch, signal: AbortSignal): void {
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    if (signal.aborted) return;
    timer = setTimeout(() => void probe().then(next, next), watch.outage ? FAILING_MS : WELL_MS);
    // A process that has nothing else to do may end.
    timer.unref();
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  next();
}
