/** What is known of a node: `alive` was heard, `lost` was not for too long, `unknown` has neither happened yet. */
export type LivenessState = 'unknown' | 'alive' | 'lost';

interface Entry {
  heard: boolean;
  lastMs: number;
}

/**
 * Who was heard when, in memory. A node is lost when it was silent for the grace period *while this process listened*:
 * if the bus was away, or this process was stopped, nobody is judged until a whole grace period has passed since. So it is
 * never the fleet that flaps when the listener was the one cut off.
 *
 * Times are in ms on a monotonic clock. Entries are kept in order of their time, so a look at who is overdue costs as
 * much as there are overdue nodes.
 */
export class Liveness {
  readonly #graceMs: number;
  /** Oldest first: a Map keeps the order of insertion, and hearing of a node inserts it anew. */
  readonly #waiting = new Map<string, Entry>();
  readonly #lost = new Set<string>();
  #listeningSince: number;

  constructor(graceMs: number, now: number) {
    this.#graceMs = graceMs;
    this.#listeningSince = now;
  }

  /** Begins to wait for a node. One that is waited for already keeps its time. */
  track(node: string, now: number): void {
    if (!this.#waiting.has(node) && !this.#lost.has(node)) this.#waiting.set(node, { heard: false, lastMs: now });
  }

  forget(node: string): void {
    this.#waiting.delete(node);
    this.#lost.delete(node);
  }

  /** Notes a sign of life. True when the node was not known to be alive before. */
  hear(node: string, now: number): boolean {
    const wasLost = this.#lost.delete(node);
    const before = this.#waiting.get(node);
    this.#waiting.delete(node);
    this.#waiting.set(node, { heard: true, lastMs: now });
    return wasLost || !before?.heard;
  }

  /** Nothing could be heard before this moment. */
  startListening(now: number): void {
    this.#listeningSince = now;
  }

  /** The nodes that are lost as of now and were not before. */
  judge(now: number): string[] {
    const overdue: string[] = [];
    if (now - this.#listeningSince < this.#graceMs) return overdue;
    for (const [node, { lastMs }] of this.#waiting) {
      if (now - lastMs < this.#graceMs) break;
      this.#waiting.delete(node);
      this.#lost.add(node);
      overdue.push(node);
    }
    return overdue;
  }

  state(node: string): LivenessState {
    if (this.#lost.has(node)) return 'lost';
    return this.#waiting.get(node)?.heard ? 'alive' : 'unknown';
  }
}
