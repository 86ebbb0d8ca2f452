import TinyQueue from 'tinyqueue';

interface Entry {
  at: number;
  run: () => void;
}

/** Time, as the runtime sees it; tests bring their own. */
export interface Clock {
  now(): number;
  /** Runs something once after some ms; gives what calls it off. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Many things to do at many times, behind one timer of the clock: thousands of pods need no timer each. */
export class Timers {
  readonly #clock: Clock;
  readonly #queue = new TinyQueue<Entry>([], (a, b) => a.at - b.at);
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(ms: number, run: () => void): void {
    this.#queue.push({ at: this.#clock.now() + ms, run });
    this.#arm();
  }

  close(): void {
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
