import { isTooSlow } from '../outage.js';
import { MAX_BATCH } from './write-queue.js';

/** A batch that is written within this time may be followed by one of twice its size, in ms. */
const QUICK_MS = 1000;

/**
 * How many writes a batch may have. Postgres may be too slow for a large batch: it would run into the same timeout for
 * ever.
 */
export class BatchLimit {
  #limit = MAX_BATCH;

  get value(): number {
    return this.#limit;
  }

  committed(size: number, ms: number): void {
    if (ms < QUICK_MS) this.#limit = Math.min(MAX_BATCH, Math.max(this.#limit, 2 * size));
  }

  failed(size: number, error: unknown): void {
    if (isTooSlow(error)) this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, size) / 2));
  }
}
