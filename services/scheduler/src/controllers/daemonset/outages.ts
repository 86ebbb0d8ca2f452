import type { SchedulerContext } from '../../scheduler-context.js';

const TICK_MS = 1000;
/** A tick that is this late means that the process was stopped. */
const STALL_MS = 3000;

/** What tells that something is away. */
interface Sources {
  store: Pick<SchedulerContext['store'], 'trouble'>;
  bus: Pick<SchedulerContext['bus'], 'trouble'>;
  reflector: Pick<SchedulerContext['reflector'], 'trouble'>;
  signal: AbortSignal;
}

/**
 * When this process last could not hear of everything that happens: Postgres, the bus or the caches were away, the bus
 * was connected and its streams were silent, or the process was stopped. What was silent meanwhile is no evidence
 * against a revision. Times are in ms on a monotonic clock. The time before the process could hear of anything is no
 * outage.
 */
export class Outages {
  #lastAt = Number.NEGATIVE_INFINITY;
  #hasHeard = false;
  #tickedAt = performance.now();

  constructor(sources: Sources) {
    const timer = setInterval(() => this.#tick(sources), TICK_MS).unref();
    sources.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** -Infinity when there was none. */
  get lastAt(): number {
    return this.#lastAt;
  }

  #tick({ store, bus, reflector }: Sources): void {
    const now = performance.now();
    const isWell = [store, bus, reflector].every(({ trouble }) => trouble === undefined);
    if (this.#hasHeard && (!isWell || now - this.#tickedAt > STALL_MS)) this.#lastAt = now;
    this.#hasHeard ||= isWell;
    this.#tickedAt = now;
  }
}
