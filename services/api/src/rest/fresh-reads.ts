import type { Reflector } from '@everynode/list-watch';
import { ApiError } from '@everynode/objects';
import type { ObjectKey, Store } from '@everynode/store';

/** The bus usually brings a commit within this time; past it the journal is read, in ms. */
const BUS_PATIENCE_MS = 20;
const DEADLINE_MS = 3000;

/**
 * Brings the cache up to what is committed, on any replica, when a request asks for the most recent state. Requests that
 * wait share one question to Postgres; one that comes while the question is under way waits for the next, whose answer
 * is newer than the request.
 */
export class FreshReads {
  readonly #store: Pick<Store, 'currentRevision' | 'revisionsOf'>;
  readonly #reflector: Reflector;
  #asking: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  /** Objects that are to be asked for with the next question. */
  #wanted: { key: ObjectKey; resolve(revision: number | undefined): void; reject(error: unknown): void }[] = [];
  #askingForObjects = false;

  constructor(store: Pick<Store, 'currentRevision' | 'revisionsOf'>, reflector: Reflector) {
    this.#store = store;
    this.#reflector = reflector;
  }

  /**
   * Resolves when the cache has one object as it was when the call was made, or newer: what others wrote meanwhile need not
   * be waited for.
   */
  async catchUpOn(key: ObjectKey): Promise<void> {
    const stored = await this.#revisionOf(key);
    const cached = this.#reflector.cache(key.resource).get(key.namespace, key.name)?.record.revision;
    if (stored === cached) return;
    // Where only the cache has it, its end is not known by a revision of its own.
    if (stored === undefined) await this.catchUp();
    else await this.waitFor(stored);
  }

  #revisionOf(key: ObjectKey): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ key, resolve, reject });
      void this.#askForObjects();
    });
  }

  /** One question at a time; who comes while it is under way shares the next. */
  async #askForObjects(): Promise<void> {
    if (this.#askingForObjects) return;
    this.#askingForObjects = true;
    while (this.#wanted.length > 0) {
      const asked = this.#wanted;
      this.#wanted = [];
      try {
        const revisions = await this.#store.revisionsOf(asked.map(({ key }) => key));
        for (const [i, { resolve }] of asked.entries()) resolve(revisions[i]);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.#askingForObjects = false;
  }

  /** Resolves when the cache has everything that was committed before the call. */
  async catchUp(): Promise<void> {
    await this.waitFor(await this.#revision());
  }

  /** Resolves when the cache has everything up to a revision. Throws Timeout when that takes too long. */
  async waitFor(revision: number): Promise<void> {
    if (this.#reflector.revision >= revision) return;
    const caughtUp = this.#reflector.waitFor(revision);
    if (await within(caughtUp, BUS_PATIENCE_MS)) return;
    void this.#reflector.catchUp();
    if (await within(caughtUp, DEADLINE_MS)) return;
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
