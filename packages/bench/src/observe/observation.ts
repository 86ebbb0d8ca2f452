/** Things that change as watches tell, and somebody who waits for a state of them. Nothing is polled. */
export class Observation {
  #waiting: (() => void) | undefined;
  #failed: Error | undefined;

  /** Something has changed. */
  changed(): void {
    this.#waiting?.();
  }

  /** No more is to be seen: whoever waits, now or later, is told so. */
  fail(error: Error): void {
    this.#failed ??= error;
    this.#waiting?.();
  }

  /** Why no more is to be seen. */
  get failure(): Error | undefined {
    return this.#failed;
  }

  /** Resolves once the condition holds. Rejects when the signal aborts, and when nothing more can be seen. */
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
