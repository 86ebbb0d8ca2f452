/**
 * A clock that stands still while nothing can be heard. A time on it, read back later, has moved on by the time that
 * was not counted: silence that has another cause than its sender makes nothing older.
 *
 * Times are in ms since 1970.
 */
export class ListeningClock {
  #deafMs = 0;
  #deafSince: number | undefined;

  /** Begins or ends a time in which nothing can be heard. */
  setDeaf(isDeaf: boolean, now: number): void {
    if (isDeaf) this.#deafSince ??= now;
    else if (this.#deafSince !== undefined) {
      this.#deafMs += Math.max(0, now - this.#deafSince);
      this.#deafSince = undefined;
    }
  }

  /** The present on this clock. */
  now(now: number): number {
    return now - this.#uncounted(now);
  }

  /** Where a time on this clock stands on the usual one by now. */
  usual(time: number, now: number): number {
    return time + this.#uncounted(now);
  }

  #uncounted(now: number): number {
    return this.#deafMs + (this.#deafSince === undefined ? 0 : Math.max(0, now - this.#deafSince));
  }
}
