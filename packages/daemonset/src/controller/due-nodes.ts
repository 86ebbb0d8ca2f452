/**
 * The nodes of one DaemonSet that have to be assessed: those that a change has marked as dirty, and those whose
 * assessment becomes another one by time only (a pod is available after minReadySeconds, a back-off ends).
 */
export class DueNodes {
  readonly #dirty = new Set<string>();
  readonly #rechecks = new Map<string, number>();
  #earliestRecheck = Number.POSITIVE_INFINITY;

  markDirty(node: string): void {
    this.#dirty.add(node);
  }

  /** Makes the node due at `atMs`, ms since the epoch; the time that was set before does not count any more. */
  recheckAt(node: string, atMs: number): void {
    this.#rechecks.set(node, atMs);
    this.#earliestRecheck = Math.min(this.#earliestRecheck, atMs);
  }

  /** When the next node is due by time, ms since the epoch; undefined when none is. */
  get nextRecheckAt(): number | undefined {
    return this.#earliestRecheck === Number.POSITIVE_INFINITY ? undefined : this.#earliestRecheck;
  }

  /** Removes and returns the nodes that are due at `now`, ms since the epoch. */
  dequeue(now: number): string[] {
    if (now >= this.#earliestRecheck) this.#markRechecks(now);
    const due = [...this.#dirty];
    this.#dirty.clear();
    return due;
  }

  #markRechecks(now: number): void {
    this.#earliestRecheck = Number.POSITIVE_INFINITY;
    for (const [node, at] of this.#rechecks) {
      if (at <= now) {
        this.#rechecks.delete(node);
        this.#dirty.add(node);
      } else this.#earliestRecheck = Math.min(this.#earliestRecheck, at);
    }
  }
}
