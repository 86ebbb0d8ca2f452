import { type BackoffOptions, type Logger, pause, retryUntilDone } from '@everynode/service-shell';

const BACKOFF: BackoffOptions = { firstMs: 200, maxMs: 2000 };
/**
 * When the list is asked for without a reason, in ms after the time before; the last entry repeats. The control plane
 * ingests a registration some time after it was sent, and only then the list has its pods.
 */
const RESYNC_AFTER_MS = [2000, 10_000, 60_000, 300_000];

export type ResyncMode = 'idle' | 'comparing' | 'comparing-again';

interface ResyncOptions {
  /** Compares the assigned pods with those that run. */
  compare: () => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Runs comparisons, one at a time and each until it has succeeded. It is in one of three modes:
 *
 * - `idle`: no comparison runs. A request starts one: `comparing`.
 * - `comparing`: a comparison runs, or waits for its next attempt after a failure. Its success makes it `idle`, and a
 *   request makes it `comparing-again`.
 * - `comparing-again`: as before, and what it has read may be older than the last request. Its success starts another
 *   comparison: `comparing`. Further requests change nothing.
 *
 * A failure never changes the mode. When the signal aborts, the mode becomes `idle`.
 */
export class Resync {
  readonly #options: ResyncOptions;
  #mode: ResyncMode = 'idle';
  #done: Promise<void> = Promise.resolve();
  #trouble: string | undefined = 'not synchronised yet';
  #succeeded = 0;

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  get mode(): ResyncMode {
    return this.#mode;
  }

  /** Why the pods that run may differ from the assigned ones; undefined after a comparison that succeeded. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Comparisons that succeeded. */
  get succeeded(): number {
    return this.#succeeded;
  }

  /** Asks for a comparison that begins after this call. Resolves when it has succeeded, or when the signal aborts. */
  request(): Promise<void> {
    switch (this.#mode) {
      case 'idle':
        this.#mode = 'comparing';
        this.#done = this.#run();
        break;
      case 'comparing':
        this.#mode = 'comparing-again';
        break;
      case 'comparing-again':
        break;
    }
    return this.#done;
  }

  async #run(): Promise<void> {
    const { compare, log, signal } = this.#options;
    const onFailure = (err: unknown, failures: number): void => {
      this.#trouble = 'the assigned pods cannot be listed';
      log.warn({ err, failures }, this.#trouble);
    };
    try {
      for (;;) {
        await retryUntilDone(() => this.#attempt(compare), { signal, backoff: BACKOFF, onFailure });
        if (this.#mode !== 'comparing-again' || signal.aborted) return;
        this.#mode = 'comparing';
      }
    } finally {
      this.#mode = 'idle';
    }
  }

  async #attempt(compare: () => Promise<void>): Promise<void> {
    await compare();
    this.#succeeded += 1;
    this.#trouble = undefined;
  }

  /** Requests a comparison from time to time. Resolves when the signal aborts. */
  async repeat(random: () => number = Math.random): Promise<void> {
    const { signal } = this.#options;
    for (let i = 0; !signal.aborted; i += 1) {
      const afterMs = RESYNC_AFTER_MS[Math.min(i, RESYNC_AFTER_MS.length - 1)] ?? 0;
      // Spreads the requests of agents that started together.
      await pause(afterMs * (0.8 + 0.4 * random()), signal);
      if (!signal.aborted) await this.request();
    }
  }
}
