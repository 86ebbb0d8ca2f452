/**
 * A clock that stands still while nothing can be heard. A time on it, read back later, has moved on by the time that
 * was not counted: silence that has another cause than its sender makes nothing older.
 *
 * Times are in ms since 1970. How long nothing was heard is measured on a monotonic clock (`steady`, in ms), so that a
 * step of the wall clock is not taken for silence.
 */
export class ListeningClock {
  #deafMs = 0;
  #deafSince: number | undefined;

  /** Begins or ends a time in which nothing can be heard. */
  setDeaf(isDeaf: boolean, steady: number): void {
    if (isDeaf) this.#deafSince ??= steady;
    else if (this.#deafSince !== undefined) {
      this.#deafMs += steady - this.#deafSince;
      this.#deafSince = undefined;
    }
  }

  /** The present on this clock; `wall` is the usual one's. */
  now(wall: number, steady: number): number {
    return wall - this.#uncounted(steady);
  }

  /** Where a time on this clock stands on the usual one by now. */
  usual(time: number, steady: number): number {
    return Math.round(time + this.#uncounted(steady));
  }

  #uncounted(steady: number): number {
    return this.#deafMs + (this.#deafSince === undefined ? 0 : steady - this.#deafSince);
  }
}
