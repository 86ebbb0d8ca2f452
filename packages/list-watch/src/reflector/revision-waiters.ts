/** Callers that wait until the caches have a revision. */
export class RevisionWaiters {
  readonly #waiters = new Set<{ revision: number; resolve: () => void }>();

  /** Resolves when `release` is called with `revision` or a later one; never, when the signal aborts before. */
  wait(revision: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { revision, resolve };
      this.#waiters.add(waiter);
      // A revision that never comes would keep its waiter for ever.
      signal?.addEventListener('abort', () => this.#waiters.delete(waiter), { once: true });
    });
  }

  release(revision: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
