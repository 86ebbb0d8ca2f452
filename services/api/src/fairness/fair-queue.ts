import { ApiError } from '@everynode/objects';

export interface FairQueueLimits {
  /** Requests that are worked on at once. */
  seats: number;
  /** Requests of one flow that may wait for a seat. */
  queueLength: number;
  /** Longest wait, in ms. */
  waitMs: number;
}

/** For an api on a machine of a few cores. */
export const FAIR_QUEUE_DEFAULTS: FairQueueLimits = { seats: 400, queueLength: 1000, waitMs: 15_000 };

interface Waiting {
  seated(): void;
  timer: NodeJS.Timeout;
}

/** After how long a refused client may try again, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Gives requests seats. While there are enough, everybody gets one at once; when there are not, the flows (clients) that wait
 * get the next ones in turn, whatever number of requests each has waiting, so that a greedy one only keeps itself waiting.
 * The idea is that of upstream's API priority and fairness, with one level and a queue for each flow.
 */
export class FairQueue {
  readonly #limits: FairQueueLimits;
  /** The order of the flows is the order of their turns. */
  readonly #flows = new Map<string, Waiting[]>();
  #taken = 0;
  #refused = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#taken;
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
   * Resolves with the way to give the seat back, to be called once.
   * @throws ApiError TooManyRequests when too many of the flow wait already, or a seat took too long to come.
   */
  async enter(flow: string): Promise<() => void> {
    if (this.#taken >= this.#limits.seats) await this.#wait(flow);
    else this.#taken += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
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

  /** The seat goes to the flow whose turn it is, which then goes to the end of the line. */
  #leave(): void {
    const [turn] = this.#flows;
    if (!turn) {
      this.#taken -= 1;
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
