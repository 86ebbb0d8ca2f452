/** Lets `burst` through at once and then one every `refillMs`. Times are in ms, of any clock of the caller's. */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #at: number;

  constructor(burst: number, refillMs: number, now: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Removes up to `wanted` whole tokens, and returns how many there were. */
  acquire(wanted: number, now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) / this.#refillMs);
    this.#at = now;
    const acquired = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= acquired;
    return acquired;
  }
}
