/** What one sender may send for any time. */
export interface PaceLimits {
  messagesPerSecond: number;
  bytesPerSecond: number;
}

/** So much may be sent at once after a rest, in seconds of the rate. */
const BURST_SECONDS = 1;

/**
 * Keeps a sender within its rates: each message is charged when it is sent, and what follows it waits until the debt is
 * worked off, in the order of its senders.
 */
export class Pace {
  readonly #limits: PaceLimits;
  /** What is spent beyond the burst, in ms of the rate, and when that was true. */
  #debtMs = -BURST_SECONDS * 1000;
  #at = performance.now();
  readonly #waiting: (() => void)[] = [];

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** Charges a message. Returns a promise where the next one has to wait. */
  charge(bytes: number): Promise<void> | undefined {
    const { messagesPerSecond, bytesPerSecond } = this.#limits;
    this.#settle();
    this.#debtMs += Math.max(1000 / messagesPerSecond, (bytes * 1000) / bytesPerSecond);
    if (this.#debtMs <= 0 && this.#waiting.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#wake();
    });
  }

  #settle(): void {
    const now = performance.now();
    this.#debtMs = Math.max(-BURST_SECONDS * 1000, this.#debtMs - (now - this.#at));
    this.#at = now;
  }

  #wake(): void {
    setTimeout(
      () => {
        this.#settle();
        if (this.#debtMs <= 0) this.#waiting.shift()?.();
        if (this.#waiting.length > 0) this.#wake();
      },
      Math.max(0, this.#debtMs),
    );
  }
}
