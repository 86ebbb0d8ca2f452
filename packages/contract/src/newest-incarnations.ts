/** Greater numbers are times in ms: an agent of a release without handed out incarnations sends that of its start. */
const MAX_INCARNATION = 2 ** 31 - 1;
/** An agent that was silent for this long is forgotten, in ms: a superseded process has ended by then. */
const FORGET_AFTER_MS = 24 * 3600_000;

interface Heard {
  incarnation: number;
  lastMs: number;
}

/**
 * The newest incarnation that was heard of each agent. What an earlier process of the same name says counts for
 * nothing: another one has taken its place. One small entry for each agent that was heard within a day.
 */
export class NewestIncarnations {
  /** Longest silent first: a Map keeps the order of insertion. */
  readonly #heard = new Map<string, Heard>();

  get size(): number {
    return this.#heard.size;
  }

  /** Notes who speaks. Returns false for a process that is superseded. `now` is in ms on a monotonic clock. */
  accept(agent: string, sent: number, now: number): boolean {
    const incarnation = sent > MAX_INCARNATION ? 0 : sent;
    const before = this.#heard.get(agent);
    if (before && incarnation < before.incarnation) return false;
    this.#heard.delete(agent);
    this.#heard.set(agent, { incarnation, lastMs: now });
    for (const [silent, { lastMs }] of this.#heard) {
      if (now - lastMs < FORGET_AFTER_MS) break;
      this.#heard.delete(silent);
    }
    return true;
  }
}
