import { Worker } from 'node:worker_threads';
import { tooLarge } from '@everynode/objects';
import type { ReadAnswer, ReadTask } from '../body-worker.js';

/** What the part of a thread's memory for new values may be, in MiB. The rest holds what stays. */
const YOUNG_MIB = 32;

/** A thread that reads one body at a time. A body that takes too long, or too much, ends it. */
export class BodyThread {
  readonly #worker: Worker;
  readonly #started: Promise<void>;
  #settle: { resolve(answer: ReadAnswer): void; reject(error: unknown): void } | undefined;
  #failure: unknown;
  #hasEnded = false;

  constructor(entry: URL, memoryMib: number) {
    const worker = new Worker(entry, {
      resourceLimits: { maxOldGenerationSizeMb: memoryMib - YOUNG_MIB, maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    this.#worker = worker;
    worker.unref();
    this.#started = new Promise((resolve) => {
      worker.once('message', () => {
        worker.on('message', (answer: ReadAnswer) => this.#take()?.resolve(answer));
        resolve();
      });
      worker.once('exit', () => resolve());
    });
    worker.on('error', (error) => {
      this.#failure = error;
    });
    worker.once('exit', (code) => {
      this.#hasEnded = true;
      this.#take()?.reject(this.#failureAsAnswer(code));
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @throws ApiError RequestEntityTooLarge for a body that takes longer than `ms`, or more memory than there is. */
  async read(task: ReadTask, ms: number): Promise<ReadAnswer> {
    // The start is not the body's time.
    await this.#started;
    return await new Promise<ReadAnswer>((resolve, reject) => {
      if (this.#hasEnded) {
        reject(this.#failureAsAnswer(undefined));
        return;
      }
      const timer = setTimeout(() => {
        this.#failure = tooLarge(`the body takes more than ${ms / 1000} s to read`);
        void this.#worker.terminate();
      }, ms);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      this.#settle = { resolve: settled(resolve), reject: settled(reject) };
      this.#worker.postMessage(task);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #take() {
    const settle = this.#settle;
    this.#settle = undefined;
    return settle;
  }

  #failureAsAnswer(code: number | undefined): unknown {
    const { code: reason } = (this.#failure ?? {}) as { code?: string };
    if (reason === 'ERR_WORKER_OUT_OF_MEMORY') return tooLarge('the body takes too much memory to read');
    return this.#failure ?? new Error(`a thread that reads bodies ended with code ${code}`);
  }
}
