import { ApiError } from '@everynode/objects';

export interface FairQueueLimits {
  /** What there is to share: requests that are served at the same time, or bytes, or threads. */
  seats: number;
  /** Requests of one flow that may wait for a seat. */
  queueLength: number;
  /** Longest wait, in ms. */
  waitMs: number;
}

/** Chosen for an api on a machine with a few cores. */
export const FAIR_QUEUE_DEFAULTS: FairQueueLimits = { seats: 400, queueLength: 1000, waitMs: 15_000 };

interface Waiting {
  seats: number;
  seated(): void;
  timer: NodeJS.Timeout;
}

interface Flow {
  held: number;
  waiting: Waiting[];
}

/** After how long a refused client may try again, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Limits how much is used at the same time: each request needs a seat, or several. A flow (a client) never holds more
 * seats than are free. So one alone has at most half of them, two have a third each, and some are left for the next
 * one, however long the others hold theirs. Waiting flows get the next seats in turn, however many requests each has
 * waiting, so that a greedy client delays only itself. The idea is that of upstream's API priority and fairness, with
 * one priority level and one queue for each flow; the bound is that of shared buffers in switches (Choudhury and Hahne,
 * Dynamic queue length thresholds, 1998).
 */
export class FairQueue {
  readonly #limits: FairQueueLimits;
  /** Those that hold or wait, in the order of their turns. */
  readonly #flows = new Map<string, Flow>();
  #occupied = 0;
  #waiting = 0;
  #refused = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
  }

  get occupied(): number {
    return this.#occupied;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes seats. Returns the function that returns them, or a promise of it where they have to be waited for. Further
   * calls of that function do nothing. The promise rejects with ApiError TooManyRequests when too many of the flow wait
   * already, or the seats took too long to come.
   */
  enter(name: string, seats = 1): (() => void) | Promise<() => void> {
    const flow = this.#flows.get(name) ?? { held: 0, waiting: [] };
    this.#flows.set(name, flow);
    if (flow.waiting.length === 0 && this.#mayTake(flow, seats)) return this.#take(name, flow, seats);
    if (flow.waiting.length >= this.#limits.queueLength) {
      return Promise.reject(this.#refusal());
    }
    return this.#wait(name, flow, seats);
  }

  /** A flow without any gets what is free; it waits for more than there is until all is free. */
  #mayTake({ held }: Flow, seats: number): boolean {
    const free = this.#limits.seats - this.#occupied;
    if (held === 0) return seats <= free || this.#occupied === 0;
    return held + seats <= free;
  }

  #take(name: string, flow: Flow, seats: number): () => void {
    flow.held += seats;
    this.#occupied += seats;
    let isReturned = false;
    return () => {
      if (isReturned) return;
      isReturned = true;
      flow.held -= seats;
      this.#occupied -= seats;
      this.#forget(name, flow);
      this.#seatNext();
    };
  }

  #wait(name: string, flow: Flow, seats: number): Promise<() => void> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        seats,
        seated: () => resolve(this.#take(name, flow, seats)),
        timer: setTimeout(() => {
          flow.waiting.splice(flow.waiting.indexOf(waiting), 1);
          this.#waiting -= 1;
          this.#forget(name, flow);
          reject(this.#refusal());
        }, this.#limits.waitMs),
      };
      flow.waiting.push(waiting);
    });
  }

  #refusal(): ApiError {
    this.#refused += 1;
    return new ApiError('TooManyRequests', 'too many requests, please try again later', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  #forget(name: string, { held, waiting }: Flow): void {
    if (held === 0 && waiting.length === 0) this.#flows.delete(name);
  }

  /** Passes free seats to the flows whose turn it is; each then moves to the end of the line. */
  #seatNext(): void {
    for (let seated = this.#waiting > 0; seated; ) {
      seated = false;
      for (const [name, flow] of this.#flows) {
        const [next] = flow.waiting;
        if (!next || !this.#mayTake(flow, next.seats)) continue;
        flow.waiting.shift();
        this.#waiting -= 1;
        this.#flows.delete(name);
        this.#flows.set(name, flow);
        clearTimeout(next.timer);
        next.seated();
        seated = this.#waiting > 0;
        break;
      }
    }
  }
}
