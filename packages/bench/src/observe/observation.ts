/** State that watches change, and one waiter for a condition of it. Nothing is polled. */
export class Observation {
  #waiting: (() => void) | undefined;
  #failed: Error | undefined;

  /** Something has changed. */
  changed(): void {
    this.#waiting?.();
  }

  /** Nothing more can be observed: the current waiter and every later one reject with this error. */
  fail(error: Error): void {
    this.#failed ??= error;
    this.#waiting?.();
  }

  /** Why nothing more can be observed. */
  get failure(): Error | undefined {
    return this.#failed;
  }

  /**
   * Resolves once the condition holds.
   * @throws Error when the signal aborts, or when nothing more can be observed.
   */
  async until(what: () => string, condition: () => boolean, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#waiting?.();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!condition()) {
        if (this.#failed) throw this.#failed;
        if (signal.aborted) throw new Error(`gave up waiting for ${what()}`, { cause: signal.reason });
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting = undefined;
    }
  }
}
