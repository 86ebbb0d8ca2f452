import type { Reflector } from '@everynode/list-watch';
import { ApiError } from '@everynode/objects';
import type { Store } from '@everynode/store';

/** The bus usually brings a commit within this time; past it the journal is read, in ms. */
const BUS_PATIENCE_MS = 20;
const DEADLINE_MS = 3000;

/**
 * Brings the cache up to what is committed, on any replica, when a request asks for the most recent state. Requests that
 * wait share one question to Postgres; one that comes while the question is under way waits for the next, whose answer
 * is newer than the request.
 */
export class FreshReads {
  readonly #store: Pick<Store, 'currentRevision'>;
  readonly #reflector: Reflector;
  #asking: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(store: Pick<Store, 'currentRevision'>, reflector: Reflector) {
    this.#store = store;
    this.#reflector = reflector;
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
