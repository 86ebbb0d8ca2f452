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
  #succeededAt = Number.NEGATIVE_INFINITY;

  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** What the last attempt failed with. */
  get error(): unknown {
    return this.#error;
  }

  /** When an attempt last succeeded, in ms on the monotonic clock. */
  get succeededAt(): number {
    return this.#succeededAt;
  }

  failed(error: unknown): void {
    this.#error = error;
    this.#outage = { reason: outageReason(error), since: this.#outage?.since ?? new Date() };
  }

  succeeded(): void {
    this.#error = undefined;
    this.#outage = undefined;
    this.#succeededAt = performance.now();
  }
}

/** How often a probe runs while work fails, in ms. */
const FAILING_MS = 1000;
/**
 * While all is well, a probe begins when Postgres has not shown for so long that it works, in ms. With the time that
 * it may take to answer this is 5 s, after which an outage has been noticed.
 */
const WELL_MS = 1000;
/** The same for the work itself: its connection may be broken while others work. */
const OWN_MS = 10_000;

/**
 * Runs a probe again and again until the signal aborts, so that an outage is noticed and ends without a client's
 * request. A probe records by itself what it found, and an error of it has been recorded. While all is well it runs
 * only where nothing else has shown in time that Postgres answers: `answeredAt` is when it last did over any
 * connection, on the monotonic clock.
 */
export function probeRepeatedly(
  probe: () => Promise<void>,
  watch: OutageWatch,
  signal: AbortSignal,
  answeredAt: () => number = () => Number.NEGATIVE_INFINITY,
): void {
  let timer: NodeJS.Timeout | undefined;
  const dueMs = (): number => {
    const { succeededAt } = watch;
    return Math.min(Math.max(succeededAt, answeredAt()) + WELL_MS, succeededAt + OWN_MS) - performance.now();
  };
  const wait = (ms: number): void => {
    if (signal.aborted) return;
    timer = setTimeout(look, ms);
    // A process that has nothing else to do may end.
    timer.unref();
  };
  const onProbed = (): void => wait(watch.outage ? FAILING_MS : WELL_MS);
  const look = (): void => {
    const ms = watch.outage ? 0 : dueMs();
    if (ms > 0) wait(ms);
    else void probe().then(onProbed, onProbed);
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  wait(WELL_MS);
}
