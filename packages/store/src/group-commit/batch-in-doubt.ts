import { StoreUnavailableError } from '../errors.js';
import type { BatchMark } from '../statements/set-counter.js';
import type { Decided } from './decide-batch.js';
import type { QueuedWrite } from './queued-write.js';

/** What one transaction writes. */
export interface DecidedBatch extends Decided {
  /** The revision of the first change. */
  first: number;
  mark: BatchMark;
}

/** The writes that wait for the outcome of the transaction. */
export const writesOf = ({ changes, notes }: DecidedBatch): QueuedWrite[] =>
  [...changes, ...notes].flatMap(({ write }) => write ?? []);

/** The longest time of a timer, in ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A batch whose COMMIT was sent and not answered: Postgres may have taken it. A write whose deadline passes before that
 * is known is rejected with an unknown outcome. A write without a deadline waits.
 */
export class BatchInDoubt {
  readonly batch: DecidedBatch;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #error: unknown;

  constructor(batch: DecidedBatch, error: unknown) {
    this.batch = batch;
    this.#error = error;
    for (const write of writesOf(batch)) {
      if (write.deadline === Number.POSITIVE_INFINITY) continue;
      // Rounded up: a timer drops the fraction, and would end before the deadline.
      const ms = Math.max(0, Math.min(MAX_TIMER_MS, Math.ceil(write.deadline - performance.now())));
      this.#timers.push(setTimeout(() => this.#reject(write), ms));
    }
  }

  /** Stops to watch the deadlines: the outcome is known. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Refuses all writes with an unknown outcome: this process ends before it is known. */
  giveUp(): void {
    this.end();
    for (const write of writesOf(this.batch)) this.#reject(write);
  }

  #reject(write: QueuedWrite): void {
    write.reject(new StoreUnavailableError(true, this.#error));
  }
}
