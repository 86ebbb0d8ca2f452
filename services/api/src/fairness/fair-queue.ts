import { ApiError } from '@everynode/objects';

export interface FairQueueLimits {
  /** Requests that are served at the same time. */
  seats: number;
  /** Requests of one flow that may wait for a seat. */
  queueLength: number;
  /** Longest wait, in ms. */
  waitMs: number;
}

/** Chosen for an api on a machine with a few cores. */
export const FAIR_QUEUE_DEFAULTS: FairQueueLimits = { seats: 400, queueLength: 1000, waitMs: 15_000 };

interface Waiting {
  seated(): void;
  timer: NodeJS.Timeout;
}

/** After how long a refused client may try again, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Limits how many requests are served at the same time: each needs a seat. While seats are free, a request gets one at
 * once. Otherwise the waiting flows (clients) get the next seats in turn, however many requests each has waiting, so
 * that a greedy client delays only itself. The idea is that of upstream's API priority and fairness, with one priority
 * level and one queue for each flow.
 */
export class FairQueue {
  readonly #limits: FairQueueLimits;
  /** In the order of the flows' turns. */
  readonly #flows = new Map<string, Waiting[]>();
  #occupied = 0;
  #refused = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
  }

  get occupied(): number {
    return this.#occupied;
  }

  get waiting(): number {
    let sum = 0;
    for (const queue of this.#flows.values()) sum += queue.length;
    return sum;
  }

  get refused(): number {
    return this.#refused;
  }

  /**
   * Waits for a seat. Resolves with the function that returns it; further calls of that function do nothing.
   * @throws ApiError TooManyRequests when too many of the flow wait already, or a seat took too long to come.
   */
  async enter(flow: string): Promise<() => void> {
    if (this.#occupied >= this.#limits.seats) await this.#wait(flow);
    else this.#occupied += 1;
    let returned = false;
    return () => {
      if (returned) return;
      returned = true;
      this.#leave();
    };
  }

  #wait(flow: string): Promise<void> {
    const queue = this.#flows.get(flow) ?? [];
    if (queue.length >= this.#limits.queueLength) return Promise.reject(this.#refusal());
    this.#flows.set(flow, queue);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        seated: resolve,
        timer: setTimeout(() => {
          queue.splice(queue.indexOf(waiting), 1);
          if (queue.length === 0) this.#flows.delete(flow);
          reject(this.#refusal());
        }, this.#limits.waitMs),
      };
      queue.push(waiting);
    });
  }

  #refusal(): ApiError {
    this.#refused += 1;
    return new ApiError('TooManyRequests', 'too many requests, please try again later', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** Passes the seat to the flow whose turn it is; that flow then moves to the end of the line. */
  #leave(): void {
    const [turn] = this.#flows;
    if (!turn) {
      this.#occupied -= 1;
      return;
    }
    const [flow, queue] = turn;
    this.#flows.delete(flow);
    const next = queue.shift();
    if (queue.length > 0) this.#flows.set(flow, queue);
    if (!next) throw new Error(`the flow ${flow} waits for nothing`);
    clearTimeout(next.timer);
    next.seated();
  }
}
