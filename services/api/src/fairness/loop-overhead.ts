/** The factor is found anew so often, in ms, and after so much work of the event loop. */
const PERIOD_MS = 100;
/** Bounds of the factor. The loop also works for no client: it follows changes, and collects garbage. */
const LEAST = 0.25;
const MOST = 8;

/**
 * What the event loop does outside of measured pieces: TLS, HTTP, routing, hooks, writes to sockets, garbage. Most of
 * its work is there, and none of it can be measured for one request. So each flow is charged an estimate, times a
 * factor by which all estimates together come to what the loop has really done beside the measured pieces.
 */
export class LoopOverhead {
  /** Work of the loop when the present period began, in ms. */
  #began: number;
  #lookedAt = 0;
  #measured = 0;
  #estimated = 0;
  #factor = 1;

  constructor(busyMs: number) {
    this.#began = busyMs;
  }

  /** Notes a measured piece, in ms. */
  measured(ms: number): void {
    this.#measured += ms;
  }

  /** Returns what to charge for an estimate, in ms. */
  charge(estimateMs: number): number {
    this.#estimated += estimateMs;
    return estimateMs * this.#factor;
  }

  /** Looks now and then at what the loop has done: `busy` returns that since the loop began, in ms. */
  look(now: number, busy: () => number): void {
    if (now - this.#lookedAt < PERIOD_MS) return;
    this.#lookedAt = now;
    const busyMs = busy();
    const worked = busyMs - this.#began;
    if (worked < PERIOD_MS) return;
    if (this.#estimated > 0) {
      const found = Math.max(0, worked - this.#measured) / this.#estimated;
      // One period says little: a pause to collect garbage is as long.
      this.#factor += (Math.min(MOST, Math.max(LEAST, found)) - this.#factor) / 4;
    }
    this.#began = busyMs;
    this.#measured = 0;
    this.#estimated = 0;
  }
}
