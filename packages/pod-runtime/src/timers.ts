import type { Moment } from '@everynode/kubelet';
import { timestamp } from '@everynode/objects';
import TinyQueue from 'tinyqueue';

interface Entry {
  at: number;
  run: () => void;
}

/** The time that a runtime reads; tests pass their own. */
export interface Clock {
  /** In ms, monotonic: what is measured, ordered and waited for. */
  now(): number;
  /** In ms since 1970: what is shown. It may step. */
  wallTime(): number;
  /**
   * Runs `run` once after `ms`, or earlier where that is longer than a timer lasts. Returns a function that cancels it.
   */
  after(ms: number, run: () => void): () => void;
}

/** A longer timeout would be over at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};

/** What it is by a clock now. */
export const momentOf = (clock: Pick<Clock, 'now' | 'wallTime'>): Moment => ({
  ms: clock.now(),
  at: timestamp(clock.wallTime()),
});

/** Many timers behind one timer of the clock: thousands of pods do not need one each. */
export class Timers {
  readonly #clock: Clock;
  readonly #queue = new TinyQueue<Entry>([], (a, b) => a.at - b.at);
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => undefined;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `run` once after `ms`; never once the timers are closed. */
  after(ms: number, run: () => void): void {
    if (this.#isClosed) return;
    this.#queue.push({ at: this.#clock.now() + ms, run });
    this.#arm();
  }

  close(): void {
    this.#isClosed = true;
    this.#disarm();
    this.#queue.data = [];
    this.#queue.length = 0;
  }

  #arm(): void {
    const next = this.#queue.peek();
    if (!next || next.at >= this.#armedFor) return;
    this.#disarm();
    this.#armedFor = next.at;
    this.#disarm = this.#clock.after(Math.max(0, next.at - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (let next = this.#queue.peek(); next && next.at <= now; next = this.#queue.peek()) {
      this.#queue.pop();
      next.run();
    }
    this.#arm();
  }
}
