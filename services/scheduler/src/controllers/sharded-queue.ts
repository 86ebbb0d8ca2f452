import { type CachedObject, type ReconcileResult, Workqueue } from '@everynode/list-watch';
import { keyOf } from '@everynode/objects';
import type { Logger } from '@everynode/service-shell';
import { type Fence, FencedError } from '@everynode/store';
import { shardOf } from '../shard/shard-of.js';
import type { ShardOwnership } from '../shard/shards.js';
import { backoffAfter } from './reconcile-backoff.js';

/** What a queue needs of the scheduler. */
interface ShardedQueueContext {
  shards: ShardOwnership;
  log: Logger;
}

interface ShardedQueueOptions {
  /** The controller's name in logs. */
  name: string;
  workers: number;
  /** Brings one key to its desired state; its writes carry the fence. A rejection is tried again, see backoffAfter. */
  reconcile: (key: string, fence: Fence) => Promise<ReconcileResult>;
  /** Returns every key there is: those of a shard that this replica takes are queued, those of a lost one dropped. */
  keys: () => Iterable<string>;
  /** Returns the part of a key that decides on its shard; the whole key by default. */
  shardKeyOf?: (key: string) => string;
}

/** The keys of all objects of a cache. */
export const keysOf = (cache: { list(): Iterable<CachedObject> }): string[] =>
  Array.from(cache.list(), ({ record }) => keyOf(record));

/**
 * A workqueue for the keys whose shard this replica holds. Keys of other shards are not queued. The keys of a lost
 * shard are dropped, with their failures; the replica that takes the shard queues them again.
 */
export class ShardedQueue {
  readonly #shards: ShardedQueueContext['shards'];
  readonly #shardKeyOf: (key: string) => string;
  readonly #queue: Workqueue;

  constructor({ shards, log }: ShardedQueueContext, options: ShardedQueueOptions) {
    this.#shards = shards;
    this.#shardKeyOf = options.shardKeyOf ?? ((key) => key);
    this.#queue = new Workqueue({
      workers: options.workers,
      backoff: backoffAfter,
      onError: (key, error, failures) =>
        log.warn({ err: error, controller: options.name, key, failures }, 'reconciling failed'),
      reconcile: async (key) => {
        const fence = shards.fenceFor(this.#shardKeyOf(key));
        if (!fence) return undefined;
        try {
          return await options.reconcile(key, fence);
        } catch (error) {
          // Another replica holds the shard and reconciles the key. If the shard comes back, onTaken queues the key.
          if (error instanceof FencedError) return undefined;
          throw error;
        }
      },
    });
    shards.addListener({
      onTaken: (taken) => {
        for (const key of options.keys()) if (taken.has(shardOf(this.#shardKeyOf(key)))) this.#queue.add(key);
      },
      // What is left of them here would delay them when the shard comes back: failures and the wait after them.
      onLost: (lost) => {
        for (const key of options.keys()) if (lost.has(shardOf(this.#shardKeyOf(key)))) this.#queue.drop(key);
      },
    });
  }

  isMine(key: string): boolean {
    return this.#shards.isMine(this.#shardKeyOf(key));
  }

  /** Queues a key, if its shard is held here. */
  add(key: string): void {
    if (this.isMine(key)) this.#queue.add(key);
  }

  /** Queues a key after `delayMs`; an earlier time that is already set stands. */
  addAfter(key: string, delayMs: number): void {
    if (this.isMine(key)) this.#queue.addAfter(key, delayMs);
  }

  /** Takes no more keys. Resolves when the reconciles under way have ended. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}
