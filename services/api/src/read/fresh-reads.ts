import { CachedObject, type Reflector } from '@everynode/list-watch';
import { ApiError } from '@everynode/objects';
import type { KnownObject, ObjectKey, ReadIfChanged, Store } from '@everynode/store';

/**
 * The journal is read when the bus has delivered nothing for this long, in ms. While the bus delivers, reading the
 * journal would only delay it.
 */
const BUS_PATIENCE_MS = 50;
/** How long a read waits for the revision that its request names, in ms (apiserver storage/cacher, blockTimeout). */
const DEADLINE_MS = 3000;
/**
 * How long a read waits for the newest revision, in ms. It is longer: that revision exists, so it arrives under any
 * load.
 */
const NEWEST_DEADLINE_MS = 20_000;

/**
 * Waits until the cache has everything that is committed, by any replica, when a request asks for the most recent
 * state. Waiting requests share one query to Postgres. A request that arrives during a query waits for the next one,
 * whose result is newer than the request.
 */
export class FreshReads {
  readonly #store: Pick<Store, 'currentRevision' | 'readIfChanged'>;
  readonly #reflector: Reflector;
  #asking: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  /** Objects to be read with the next query. */
  #wanted: { key: KnownObject; resolve(newer: ReadIfChanged): void; reject(error: unknown): void }[] = [];
  #askingForObjects = false;

  constructor(store: Pick<Store, 'currentRevision' | 'readIfChanged'>, reflector: Reflector) {
    this.#store = store;
    this.#reflector = reflector;
  }

  /**
   * Returns one object as it was at the time of the call, or newer; undefined where it did not exist. A version that
   * the cache does not have yet comes from the store, so that the read does not wait for other clients' writes.
   */
  async newest(key: ObjectKey): Promise<CachedObject | undefined> {
    const cache = this.#reflector.cache(key.resource);
    const cached = cache.get(key.namespace, key.name);
    const newer = await this.#readIfChanged({ ...key, known: cached?.record.revision ?? 0 });
    if (newer === 'same') return cached;
    return newer && new CachedObject(newer, cache.kind, cached);
  }

  #readIfChanged(key: KnownObject): Promise<ReadIfChanged> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ key, resolve, reject });
      void this.#askForObjects();
    });
  }

  /** One query at a time. Requests that arrive during a query share the next. */
  async #askForObjects(): Promise<void> {
    if (this.#askingForObjects) return;
    this.#askingForObjects = true;
    while (this.#wanted.length > 0) {
      const asked = this.#wanted;
      this.#wanted = [];
      try {
        const newer = await this.#store.readIfChanged(asked.map(({ key }) => key));
        for (const [i, { resolve }] of asked.entries()) resolve(newer[i]);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.#askingForObjects = false;
  }

  /** Resolves when the cache has everything that was committed before the call. */
  async catchUp(): Promise<void> {
    await this.waitFor(await this.#revision(), NEWEST_DEADLINE_MS);
  }

  /** Resolves when the cache has everything up to a revision. @throws ApiError Timeout after `deadlineMs`. */
  async waitFor(revision: number, deadlineMs = DEADLINE_MS): Promise<void> {
    if (this.#reflector.revision >= revision) return;
    const deadline = performance.now() + deadlineMs;
    const waiting = new AbortController();
    const caughtUp = this.#reflector.waitFor(revision, waiting.signal);
    for (let before = -1; before < this.#reflector.revision && performance.now() < deadline; ) {
      before = this.#reflector.revision;
      if (await within(caughtUp, BUS_PATIENCE_MS)) return;
    }
    void this.#reflector.catchUp();
    if (await within(caughtUp, Math.max(0, deadline - performance.now()))) return;
    waiting.abort();
    const { revision: current } = this.#reflector;
    throw new ApiError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }

  #revision(): Promise<number> {
    if (!this.#asking) return this.#ask();
    this.#next ??= this.#asking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#ask();
      });
    return this.#next;
  }

  #ask(): Promise<number> {
    const asking = this.#store.currentRevision().finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }
}

async function within(done: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const result = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
