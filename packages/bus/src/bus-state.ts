import { type BusEvent, type BusMode, nextBusMode, troubleOf } from './bus-mode.js';

/** The mode that a bus is in, and the callers that wait until it can be used. */
export class BusState {
  #mode: BusMode = 'connecting';
  readonly #waiting = new Set<() => void>();

  get trouble(): string | undefined {
    return troubleOf(this.#mode);
  }

  move(event: BusEvent): void {
    this.#mode = nextBusMode(this.#mode, event);
    if (this.trouble === undefined) for (const done of this.#waiting) done();
  }

  /** Resolves when there is no trouble, or when the signal aborts. */
  async untilReady(signal: AbortSignal): Promise<void> {
    if (this.trouble === undefined || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
