/** What one sender may send: so many units a second for any time, and so many at once. */
export interface Allowance {
  perSecond: number;
  atOnce: number;
}

/** What a sender owes is worked off within this time, in seconds: a flood that has ended is soon forgotten. */
const LONGEST_DEBT = 10;
/** Senders that are remembered. Above it those that owe nothing are forgotten. */
const REMEMBERED = 10_000;
const FORGET_MS = 1000;

/**
 * What each sender may still send: a token bucket each. What a message costs may be known only when it has been taken,
 * so a sender may send while it has anything left, and then owes the rest. `of` is asked each time, so an allowance may
 * change. Times are in ms on a clock that does not go back.
 */
export class Allowances {
  readonly #of: (sender: string) => Allowance;
  readonly #left = new Map<string, { units: number; at: number }>();
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(of: (sender: string) => Allowance) {
    this.#of = of;
  }

  /** Charges the sender, if it may send now. Returns the time until it may, in ms: 0 when it did. */
  take(sender: string, units: number, now: number): number {
    const waitMs = this.waitMs(sender, now);
    if (waitMs === 0) this.charge(sender, units, now);
    return waitMs;
  }

  /** Time until the sender may send, in ms; 0 when it may now. */
  waitMs(sender: string, now: number): number {
    const { perSecond } = this.#of(sender);
    const left = this.#leftOf(sender, now);
    return left > 0 ? 0 : ((1 - left) * 1000) / perSecond;
  }

  charge(sender: string, units: number, now: number): void {
    const { perSecond } = this.#of(sender);
    const left = Math.max(this.#leftOf(sender, now) - units, -LONGEST_DEBT * perSecond);
    this.#left.set(sender, { units: left, at: now });
    if (this.#left.size > REMEMBERED && now - this.#forgotAt >= FORGET_MS) this.#forget(now);
  }

  #leftOf(sender: string, now: number): number {
    const { perSecond, atOnce } = this.#of(sender);
    const known = this.#left.get(sender);
    return known ? Math.min(known.units + ((now - known.at) * perSecond) / 1000, atOnce) : atOnce;
  }

  #forget(now: number): void {
    this.#forgotAt = now;
    for (const sender of this.#left.keys()) {
      if (this.#leftOf(sender, now) >= this.#of(sender).atOnce) this.#left.delete(sender);
    }
  }
}
