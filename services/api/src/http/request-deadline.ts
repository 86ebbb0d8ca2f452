import { ApiError, parseGoDuration } from '@everynode/objects';
import type { Query } from './query.js';

/**
 * How long a request may take, in ms: as long as its `timeout` says, and at most `most`.
 * Source: apiserver endpoints/filters, WithRequestDeadline. @throws ApiError BadRequest.
 */
export function requestMsOf(query: Query, most: number): number {
  const text = query.text('timeout');
  if (text === undefined) return most;
  const asked = parseGoDuration(text);
  if (asked === undefined) {
    throw new ApiError(
      'BadRequest',
      `invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`,
    );
  }
  return asked > 0 ? Math.min(asked, most) : most;
}

/** The time by which a request must be answered. */
export class Deadline {
  /** In ms of the monotonic clock (`performance.now`). */
  readonly at: number;
  readonly #timer: NodeJS.Timeout;
  #passed = false;
  #listeners: (() => void)[] = [];

  constructor(ms: number) {
    this.at = performance.now() + ms;
    this.#timer = setTimeout(() => {
      this.#passed = true;
      for (const listener of this.#listeners) listener();
    }, ms);
  }

  /** Calls the listener when the time is up; at once if it is up already. */
  onPassed(listener: () => void): void {
    if (this.#passed) listener();
    else this.#listeners.push(listener);
  }

  /**
   * Returns the result of work that ends in time. Late work is not stopped, but it writes nothing any more: a write
   * carries its deadline to the store. @throws ApiError Timeout.
   */
  keep<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      // After the deadline a failure has no reader: the client has its answer already.
      work.then(resolve, reject);
      this.onPassed(() =>
        reject(new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout')),
      );
    });
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
