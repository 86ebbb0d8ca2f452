/** Times in ms. Source: cmd/kube-controller-manager/app/apps.go: 1 s to 15 min. */
const FIRST_MS = 1000;
const MAX_MS = 15 * 60_000;

interface Entry {
  delayMs: number;
  /** When the last failed pod was deleted. */
  at: number;
}

/**
 * How soon after a failed pod the next one on the same node may be deleted. A key names the DaemonSet's uid, its
 * generation and the node: a new generation starts without a delay. Source: client-go util/flowcontrol, Backoff.
 */
export class FailedPodBackoff {
  readonly #entries = new Map<string, Entry>();

  /** How long the key still has to wait, in ms; 0 when it may act now. */
  remainingMs(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return entry ? Math.max(0, entry.at + entry.delayMs - now) : 0;
  }

  /**
   * Records that a failed pod is deleted now. The delay doubles, or starts again after a long time without failures.
   */
  note(key: string, now: number): void {
    const entry = this.#entries.get(key);
    const fresh = !entry || now - entry.at > 2 * MAX_MS;
    this.#entries.set(key, { delayMs: fresh ? FIRST_MS : Math.min(entry.delayMs * 2, MAX_MS), at: now });
  }

  /** Forgets keys without a failure for a long time. */
  sweep(now: number): void {
    for (const [key, entry] of this.#entries) if (now - entry.at > 2 * MAX_MS) this.#entries.delete(key);
  }
}
