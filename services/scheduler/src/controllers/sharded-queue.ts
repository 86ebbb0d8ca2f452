import { setMaxListeners } from 'node:events';
import { type ReconcileResult, Workqueue } from '@everynode/list-watch';
import { type Fence, FencedError } from '@everynode/store';
import type { SchedulerContext } from '../scheduler-context.js';
import { shardOf } from '../shard/shard-of.js';

export interface ShardedQueueOptions {
  /** Shows up in logs. */
  name: string;
  workers: number;
  /** Brings one key to its desired state; its writes carry the fence. */
  reconcile: (key: string, fence: Fence) => Promise<ReconcileResult>;
  /** Every key there is: those of a shard that is taken are looked at. */
  keys: () => Iterable<string>;
  /** The part of a key that decides on its shard; the whole key by default. */
  shardKeyOf?: (key: string) => string;
}

/** Short at the end: after an outage of the store everything is to be right again within seconds. */
const BACKOFF = { firstMs: 5, maxMs: 2000 };

/** A workqueue for the keys that this replica holds the shard of. Others are not taken in, and dropped once they went. */
export class ShardedQueue {
  readonly #context: Pick<SchedulerContext, 'shards' | 'log' | 'signal'>;
  readonly #shardKeyOf: (key: string) => string;
  readonly #queue: Workqueue;

  constructor(context: Pick<SchedulerContext, 'shards' | 'log' | 'signal'>, options: ShardedQueueOptions) {
    const { shards, log, signal } = context;
    // Every key that waits for the caches listens for the end; see caughtUp.
    setMaxListeners(0, signal);
    this.#context = context;
    this.#shardKeyOf = options.shardKeyOf ?? ((key) => key);
    this.#queue = new Workqueue({
      workers: options.workers,
      backoff: BACKOFF,
      onError: (key, error, failures) =>
        log.warn({ err: error, controller: options.name, key, failures }, 'reconciling failed'),
      reconcile: async (key) => {
        const fence = shards.fenceFor(this.#shardKeyOf(key));
        if (!fence) return undefined;
        try {
          return await options.reconcile(key, fence);
        } catch (error) {
          // Another replica has the shard and will look at the key; if it comes back, onTaken adds it again.
          if (error instanceof FencedError) return undefined;
          throw error;
        }
      },
    });
    shards.addListener({
      onTaken: (taken) => {
        for (const key of options.keys()) if (taken.has(shardOf(this.#shardKeyOf(key)))) this.#queue.add(key);
      },
      onLost: () => undefined,
    });
  }

  isMine(key: string): boolean {
    return this.#context.shards.isMine(this.#shardKeyOf(key));
  }

  add(key: string): void {
    if (this.isMine(key)) this.#queue.add(key);
  }

  /** Adds a key later; an earlier time that is already set stands. */
  addAfter(key: string, delayMs: number): void {
    if (this.isMine(key)) this.#queue.addAfter(key, delayMs);
  }

  /** Resolves when nothing is worked on any more. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}

/**
 * Resolves when the caches have everything up to `revision`, or when the service stops. A key that is held until then is
 * never acted on again from caches that do not know what was just written.
 */
export async function caughtUp(
  { reflector, signal }: Pick<SchedulerContext, 'reflector' | 'signal'>,
  revision: number,
): Promise<void> {
  if (reflector.revision >= revision || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    void reflector.waitFor(revision).then(done);
  });
}
