/** A write whose decision takes this long is a long one, in ms. */
const LONG_MS = 5;
/** How long a flow rests after a long write, as a multiple of what the write took. */
const REST = 2;

/** The clock and the timer of an event loop. */
interface Clock {
  now(): number;
  after(ms: number, call: () => void): void;
}

/**
 * Lets a flow have one long write at a time, with a rest after each while others are active. A long decision holds up
 * more than the event loop: all writers of all replicas wait for the transaction that it is a part of, and every
 * process follows what it has changed. Without the rest the transactions of such writes would follow each other without
 * a gap.
 */
export class LongWrites {
  readonly #clock: Clock;
  /** What waits, of the flows of which a long write is under way or its rest is not over. */
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  static isLong(decisionMs: number): boolean {
    return decisionMs >= LONG_MS;
  }

  /**
   * Runs a long write when those of its flow before it are over. `write` gets a function for the part that counts: what
   * it waits for before is not its own time. `isShared` is true while other flows are active.
   */
  async run<T>(
    flow: string,
    write: (timed: (part: () => T | Promise<T>) => T | Promise<T>) => T | Promise<T>,
    isShared: () => boolean,
  ): Promise<T> {
    const line = this.#lines.get(flow);
    if (line) await new Promise<void>((resolve) => line.push(resolve));
    else this.#lines.set(flow, []);
    let began = this.#clock.now();
    try {
      return await write((part) => {
        began = this.#clock.now();
        return part();
      });
    } finally {
      const restMs = isShared() ? REST * (this.#clock.now() - began) : 0;
      this.#clock.after(restMs, () => this.#next(flow));
    }
  }

  #next(flow: string): void {
    const next = this.#lines.get(flow)?.shift();
    if (next) next();
    else this.#lines.delete(flow);
  }
}
