/** `alive`: a heartbeat arrived within the grace period. `lost`: none did. `unknown`: neither has happened yet. */
export type LivenessState = 'unknown' | 'alive' | 'lost';

interface Entry {
  hasReported: boolean;
  lastMs: number;
  /** A sign of life that may be too young for the reports that came with it. */
  youngMs: number;
  /** The newest one of which the reports are stored by now. */
  settledMs: number;
}

/** From an agent's sign of life until what it reports with it is stored: in parts of the grace period, and in ms. */
const REPORTED_PART = 8;
const REPORTED_MAX_MS = 5000;
const NEVER = Number.NEGATIVE_INFINITY;

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
  readonly #reportedMs: number;
  /** Oldest first: a Map keeps the order of insertion, and a heartbeat inserts its node anew. */
  readonly #waiting = new Map<string, Entry>();
  readonly #lost = new Set<string>();
  #listeningSince: number;

  constructor(graceMs: number, now: number) {
    this.#graceMs = graceMs;
    this.#reportedMs = Math.min(REPORTED_MAX_MS, graceMs / REPORTED_PART);
    this.#listeningSince = now;
  }

  /** Begins to wait for a node. A node that is waited for already keeps its time. */
  track(node: string, now: number): void {
    if (this.#waiting.has(node) || this.#lost.has(node)) return;
    this.#waiting.set(node, { hasReported: false, lastMs: now, youngMs: NEVER, settledMs: NEVER });
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
    const { youngMs, settledMs } = before ?? { youngMs: NEVER, settledMs: NEVER };
    const isSettled = now - youngMs >= this.#reportedMs;
    const signs = isSettled ? { youngMs: now, settledMs: youngMs } : { youngMs, settledMs };
    this.#waiting.set(node, { hasReported: true, lastMs: now, ...signs });
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

  /**
   * Whether the node has sent a sign of life at `at` or later, and what its agent reported with it is stored by `now`.
   * An agent that comes back sends heartbeats first, and what became of its pods meanwhile comes a moment later.
   */
  isHeardSince(node: string, at: number, now: number): boolean {
    const entry = this.#waiting.get(node);
    if (!entry?.hasReported) return false;
    return (now - entry.youngMs >= this.#reportedMs ? entry.youngMs : entry.settledMs) >= at;
  }

  state(node: string): LivenessState {
    if (this.#lost.has(node)) return 'lost';
    return this.#waiting.get(node)?.hasReported ? 'alive' : 'unknown';
  }
}
