/** Times in ms. Source: cmd/kube-controller-manager/app/apps.go: 1 s to 15 min. */
const FIRST_MS = 1000;
const MAX_MS = 15 * 60_000;

interface Entry {
  delayMs: number;
  /** When the last failed pod was deleted. */
  at: number;
}

/**
 * How soon after a failed pod the next one on the same node may be deleted. Keys hold what starts afresh: the
 * DaemonSet's uid, its generation, the node. Source: client-go util/flowcontrol, Backoff.
 */
export class FailedPodBackoff {
  readonly #entries = new Map<string, Entry>();

  /** How long the key has still to wait, in ms; 0 when it need not. */
  remainingMs(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return entry ? Math.max(0, entry.at + entry.delayMs - now) : 0;
  }

  /** A failed pod is deleted now: the wait for the next one doubles, or starts anew after a long peace. */
  note(key: string, now: number): void {
    const entry = this.#entries.get(key);
    const fresh = !entry || now - entry.at > 2 * MAX_MS;
    this.#entries.set(key, { delayMs: fresh ? FIRST_MS : Math.min(entry.delayMs * 2, MAX_MS), at: now });
  }

  /** Forgets keys that have been at peace for long. */
  sweep(now: number): void {
    for (const [key, entry] of this.#entries) if (now - entry.at > 2 * MAX_MS) this.#entries.delete(key);
  }
}
