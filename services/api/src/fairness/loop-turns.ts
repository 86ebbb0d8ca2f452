import { LongWrites } from './long-writes.js';
import { LoopOverhead } from './loop-overhead.js';
import { type FlowUse, LoopUse } from './loop-use.js';

/** How long pieces of work may hold the event loop before it looks for new requests again, in ms. */
const SLICE_MS = 1;

/** What the turns need of the event loop. A test has a simulated one. */
export interface EventLoop {
  /** In ms, on a clock that does not go back. */
  now(): number;
  /** CPU that the process has used, in ms. A full machine makes it wait within a piece, which is no use of the loop. */
  cpu(): number;
  /** How long the loop has been at work, in ms: all the time but that in which it waited for something to do. */
  busy(): number;
  /** Calls a function when the loop has looked for new requests. */
  afterPoll(call: () => void): void;
  /** Calls a function after a time in ms. */
  after(ms: number, call: () => void): void;
}

const NODE: EventLoop = {
  now: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  busy: () => performance.eventLoopUtilization().active,
  afterPoll: (call) => void setImmediate(call),
  after: (ms, call) => void setTimeout(call, ms),
};

/**
 * Shares the event loop among flows (users). Work comes in pieces that run from a turn to the next await. Each piece is
 * measured, and the flow that has used least goes first.
 *
 * A piece cannot be interrupted. If the next one of a busy flow began whenever no other piece waits, a client that
 * waits for its answers would get one request served between two pieces, however long these are. So a flow rests after
 * a piece while others are active. It leaves them twice what they use, and at most their equal share: a flow beside a
 * client that asks once a second hardly rests, and one beside a client that asks all the time has half of the time.
 *
 * Source of the idea: deficit round robin (Shreedhar and Varghese, 1995), with the measured time in place of a packet's
 * length, which is not known before.
 */
export class LoopTurns {
  readonly #loop: EventLoop;
  readonly #use = new LoopUse();
  readonly #longWrites: LongWrites;
  readonly #overhead: LoopOverhead;
  readonly #queues = new Map<FlowUse, (() => void)[]>();
  #waiting = 0;
  /** Used since the event loop has last looked for new requests, in ms. */
  #slice = 0;
  /** True while a look at what waits is due after the next poll. */
  #looksSoon = false;
  /** When the earliest look after a time is due; infinity for none. */
  #looksAt = Number.POSITIVE_INFINITY;

  constructor(loop: EventLoop = NODE) {
    this.#loop = loop;
    this.#longWrites = new LongWrites(loop);
    this.#overhead = new LoopOverhead(loop.busy());
  }

  /** Pieces that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs work at its turn, at once where it may, and charges the flow for it up to its first await. Returns what the
   * work returns.
   */
  run<T>(flow: string, work: () => T | Promise<T>): T | Promise<T> {
    const now = this.#loop.now();
    const use = this.#use.of(flow, now);
    this.#lookSoon();
    const isFree = this.#waiting === 0 && this.#slice < SLICE_MS && this.#use.restOf(use, now) === 0;
    if (isFree) return this.#measured(use, now, work);
    return new Promise<T>((resolve, reject) => {
      const queue = this.#queues.get(use) ?? [];
      this.#queues.set(use, queue);
      queue.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      this.#waiting += 1;
    });
  }

  /**
   * Begins, at the flow's turn, work that is done later among that of others. The flow is charged beforehand for what
   * such work took of late: else all that it has would begin before the first is charged. A flow whose work takes long
   * has one at a time: see {@link LongWrites}. `begin` gets a function that runs the work, and charges what it takes
   * instead.
   */
  later<T>(flow: string, begin: (run: <R>(work: () => R) => R) => T | Promise<T>): T | Promise<T> {
    const start = (): T | Promise<T> => this.#charged(flow, begin);
    if (!LongWrites.isLong(this.#use.of(flow, this.#loop.now()).expected)) return this.run(flow, start);
    return this.#longWrites.run(
      flow,
      (timed) => this.run(flow, () => timed(start)),
      () => this.#use.isShared(this.#loop.now()),
    );
  }

  #charged<T>(flow: string, begin: (run: <R>(work: () => R) => R) => T | Promise<T>): T | Promise<T> {
    const use = this.#use.of(flow, this.#loop.now());
    let charged = use.expected;
    this.#use.count(use, this.#loop.now(), charged);
    return begin((work) => {
      const began = this.#loop.now();
      const cpu = this.#loop.cpu();
      try {
        return work();
      } finally {
        const now = this.#loop.now();
        // Threads of the process use CPU too, so it is the lesser of the two.
        const took = Math.min(now - began, this.#loop.cpu() - cpu);
        this.#overhead.measured(now - began);
        this.#use.count(use, now, took - charged);
        this.#use.learn(use, took);
        charged = 0;
      }
    });
  }

  /**
   * Charges a flow for what the loop does for it outside of pieces, which cannot be measured, in ms. What is charged
   * is in proportion to the estimate: see {@link LoopOverhead}.
   */
  estimate(flow: string, ms: number): void {
    this.spent(flow, this.#overhead.charge(ms));
  }

  /** Charges a flow for what was done for it elsewhere, such as in a thread, in ms. */
  spent(flow: string, ms: number): void {
    const now = this.#loop.now();
    this.#use.count(this.#use.of(flow, now), now, ms);
  }

  /** Charges a flow for work that has no turn of its own. Returns what the work returns. */
  charge<T>(flow: string, work: () => T): T {
    const now = this.#loop.now();
    return this.#measured(this.#use.of(flow, now), now, work);
  }

  #measured<T>(use: FlowUse, began: number, work: () => T): T {
    try {
      return work();
    } finally {
      const now = this.#loop.now();
      this.#slice += now - began;
      this.#overhead.measured(now - began);
      this.#use.count(use, now, now - began);
    }
  }

  #lookSoon(): void {
    if (this.#looksSoon) return;
    this.#looksSoon = true;
    this.#loop.afterPoll(() => {
      this.#looksSoon = false;
      this.#drain();
    });
  }

  #lookAfter(ms: number): void {
    const at = this.#loop.now() + ms;
    if (this.#looksAt <= at) return;
    this.#looksAt = at;
    this.#loop.after(ms, () => {
      if (this.#looksAt === at) this.#looksAt = Number.POSITIVE_INFINITY;
      this.#drain();
    });
  }

  #drain(): void {
    this.#slice = 0;
    this.#overhead.look(this.#loop.now(), this.#loop.busy);
    while (this.#waiting > 0 && this.#slice < SLICE_MS) {
      const now = this.#loop.now();
      const [use, queue] = this.#next(now) ?? [];
      const work = queue?.shift();
      if (!use || !work) break;
      if (queue?.length === 0) this.#queues.delete(use);
      this.#waiting -= 1;
      this.#measured(use, now, work);
    }
    if (this.#waiting > 0) this.#lookAgain();
  }

  /** The flow that has used least, of those that wait and do not rest. */
  #next(now: number): [FlowUse, (() => void)[]] | undefined {
    let least = Number.POSITIVE_INFINITY;
    let next: [FlowUse, (() => void)[]] | undefined;
    for (const entry of this.#queues) {
      if (this.#use.restOf(entry[0], now) > 0) continue;
      const used = this.#use.lately(entry[0], now);
      if (used < least) [least, next] = [used, entry];
    }
    return next;
  }

  #lookAgain(): void {
    const now = this.#loop.now();
    let least = Number.POSITIVE_INFINITY;
    for (const use of this.#queues.keys()) least = Math.min(least, this.#use.restOf(use, now));
    if (least === 0) this.#lookSoon();
    else this.#lookAfter(Math.ceil(least));
  }
}
