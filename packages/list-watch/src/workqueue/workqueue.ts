import { type BackoffOptions, backoffMs } from '@everynode/service-shell';

/** What the work on a key returns: nothing, or when the key is due again, in ms from now. */
export type ReconcileResult = { requeueAfterMs: number } | undefined;

interface WorkqueueOptions {
  /** Brings one key to its desired state. A rejection puts the key back with back-off. */
  reconcile: (key: string) => Promise<ReconcileResult>;
  /** Called for every failure. `failures` counts those in a row that have the same back-off. */
  onError: (key: string, error: unknown, failures: number) => void;
  workers: number;
  /**
   * The back-off after an error, the same object for the same policy. By default as upstream's controllers: 5 ms,
   * doubling up to 1000 s.
   */
  backoff?: (error: unknown) => BackoffOptions;
}

const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 5, maxMs: 1_000_000 };

/**
 * A deduplicating queue of keys, as client-go's workqueue: a key that is added many times before it is worked on is
 * worked on once; a key that is added while it is worked on is worked on once more afterwards; one key is never worked
 * on by two workers.
 */
export class Workqueue {
  readonly #options: WorkqueueOptions;
  readonly #queue = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  readonly #failures = new Map<string, { count: number; backoff: BackoffOptions }>();
  /**
   * Workers that begin on the next turn. Their keys are still in the queue, so that adding one again changes nothing.
   */
  #starting = 0;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: WorkqueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#queue.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#active.has(key)) this.#again.add(key);
    else this.#queue.add(key);
    this.#dispatch();
  }

  /** Adds a key later. Of several times that are set the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    const at = performance.now() + delayMs;
    const pending = this.#timers.get(key);
    if (pending && pending.at <= at) return;
    clearTimeout(pending?.timer);
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      Math.min(Math.max(0, delayMs), 2 ** 31 - 1),
    );
    this.#timers.set(key, { timer, at });
  }

  /** Forgets a key, its failures and the time it is due, when another replica has its shard. Active work goes on. */
  drop(key: string): void {
    this.#queue.delete(key);
    this.#again.delete(key);
    this.#failures.delete(key);
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }

  /** Accepts no more keys, and resolves when the active ones are done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.clear();
    this.#again.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#active.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #dispatch(): void {
    while (this.#active.size + this.#starting < this.#options.workers && this.#starting < this.#queue.size) {
      this.#starting += 1;
      // On a later turn, so that one pass sees everything that the current event brings.
      setImmediate(() => this.#startNext());
    }
  }

  #startNext(): void {
    this.#starting -= 1;
    for (const key of this.#queue) {
      this.#queue.delete(key);
      this.#active.add(key);
      void this.#work(key);
      return;
    }
  }

  async #work(key: string): Promise<void> {
    try {
      const result = await this.#options.reconcile(key);
      this.#failures.delete(key);
      if (result) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      const backoff = this.#options.backoff?.(error) ?? DEFAULT_BACKOFF;
      const before = this.#failures.get(key);
      // Another back-off starts anew: many failures that are retried often do not make the first refusal wait long.
      const count = before?.backoff === backoff ? before.count + 1 : 1;
      this.#failures.set(key, { count, backoff });
      this.#options.onError(key, error, count);
      this.addAfter(key, backoffMs(count, backoff));
    } finally {
      this.#active.delete(key);
      if (this.#again.delete(key)) this.add(key);
      this.#dispatch();
      if (this.#active.size === 0) {
        for (const resolve of this.#idle) resolve();
        this.#idle = [];
      }
    }
  }
}
