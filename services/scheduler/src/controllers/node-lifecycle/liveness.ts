/** `alive`: a heartbeat arrived within the grace period. `lost`: none did. `unknown`: neither has happened yet. */
export type LivenessState = 'unknown' | 'alive' | 'lost';

interface Entry {
  hasReported: boolean;
  lastMs: number;
}

/**
 * The time of the last heartbeat of each node, in memory. A node is lost when it was silent for the grace period *while
 * this process listened*: after the bus was away, or this process was stopped, no node is judged until a whole grace
 * period has passed. So a fleet never flaps because the listener was cut off.
 *
 * Times are in ms on a monotonic clock. Entries are ordered by time, so finding the overdue nodes costs as much as
 * there are overdue nodes.
 */
export class Liveness {
  readonly #graceMs: number;
  /** Oldest first: a Map keeps the order of insertion, and a heartbeat inserts its node anew. */
  readonly #waiting = new Map<string, Entry>();
  readonly #lost = new Set<string>();
  #listeningSince: number;

  constructor(graceMs: number, now: number) {
    this.#graceMs = graceMs;
    this.#listeningSince = now;
  }

  /** Begins to wait for a node. A node that is waited for already keeps its time. */
  track(node: string, now: number): void {
    if (!this.#waiting.has(node) && !this.#lost.has(node)) this.#waiting.set(node, { hasReported: false, lastMs: now });
  }

  forget(node: string): void {
    this.#waiting.delete(node);
    this.#lost.delete(node);
  }

  /** Records a sign of life. Returns true when the node was not known to be alive before. */
  markAlive(node: string, now: number): boolean {
    const wasLost = this.#lost.delete(node);
    const before = this.#waiting.get(node);
    this.#waiting.delete(node);
    this.#waiting.set(node, { hasReported: true, lastMs: now });
    return wasLost || !before?.hasReported;
  }

  /** Records that no heartbeat could be received before this moment. */
  startListening(now: number): void {
    this.#listeningSince = now;
  }

  /** Returns the nodes that are lost at `now` and were not before. */
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

  /** Whether the node has sent a sign of life at this time or later. */
  isHeardSince(node: string, at: number): boolean {
    const entry = this.#waiting.get(node);
    return entry?.hasReported === true && entry.lastMs >= at;
  }

  state(node: string): LivenessState {
    if (this.#lost.has(node)) return 'lost';
    return this.#waiting.get(node)?.hasReported ? 'alive' : 'unknown';
  }
}
