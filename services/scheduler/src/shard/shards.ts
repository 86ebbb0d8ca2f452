import { type Logger, pause } from '@everynode/service-shell';
import type { Fence, Store } from '@everynode/store';
import { shardOf } from './shard-of.js';

export interface ShardsOptions {
  store: Pick<Store, 'takeShards' | 'releaseShards'>;
  replica: string;
  log: Logger;
  signal: AbortSignal;
  /** A replica that says nothing for this long is taken for dead and its shards go to others. */
  ttlMs?: number;
}

export interface ShardListener {
  /** These shards are this replica's from now on: everything in them is to be looked at. */
  onTaken(shards: ReadonlySet<number>): void;
  /** These are not any more. Writes that still carry the old epoch fail in the store. */
  onLost(shards: ReadonlySet<number>): void;
}

const TTL_MS = 3000;

/**
 * The share of the work that this replica has. Keys are hashed into shards, shards are leased in Postgres, and every
 * write a controller makes carries the epoch of its shard: a replica that was paused and believes it still holds one
 * cannot do harm. A lost replica's shards move within its time to live.
 */
export class Shards {
  readonly #options: ShardsOptions;
  readonly #epochs = new Map<number, number>();
  readonly #listeners: ShardListener[] = [];
  #trouble: string | undefined = 'no shards yet';
  #heldUntil = 0;

  constructor(options: ShardsOptions) {
    this.#options = options;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  get held(): ReadonlySet<number> {
    return new Set(this.#epochs.keys());
  }

  addListener(listener: ShardListener): void {
    this.#listeners.push(listener);
  }

  /** Does the key belong to a shard that this replica holds? */
  isMine(key: string): boolean {
    return this.#epochs.has(shardOf(key));
  }

  /** The token for a write on behalf of the key; undefined when it is not this replica's to write. */
  fenceFor(key: string): Fence | undefined {
    const shard = shardOf(key);
    const epoch = this.#epochs.get(shard);
    return epoch === undefined ? undefined : { shard, epoch };
  }

  /** Takes part until the signal aborts, then gives everything back. */
  async run(): Promise<void> {
    const { store, replica, log, signal } = this.#options;
    const ttlMs = this.#options.ttlMs ?? TTL_MS;
    while (!signal.aborted) {
      const askedAt = Date.now();
      try {
        const held = await store.takeShards(replica, ttlMs / 1000);
        this.#heldUntil = askedAt + ttlMs;
        this.#trouble = undefined;
        this.#settle(new Map(held.map(({ shard, epoch }) => [shard, epoch])));
      } catch (error) {
        log.warn({ err: error }, 'shards cannot be renewed');
        this.#trouble = 'shards cannot be renewed';
        // Past its time others may have taken them; better to stop early than to do work that fails.
        if (Date.now() > this.#heldUntil) this.#settle(new Map());
      }
      await pause(ttlMs / 4, signal);
    }
    this.#settle(new Map());
    await store.releaseShards(replica);
  }

  /** A changed epoch means that the shard was away in between: lost, and taken anew. */
  #settle(held: Map<number, number>): void {
    const lost = new Set<number>();
    const taken = new Set<number>();
    for (const [shard, epoch] of this.#epochs) if (held.get(shard) !== epoch) lost.add(shard);
    for (const [shard, epoch] of held) if (this.#epochs.get(shard) !== epoch) taken.add(shard);
    this.#epochs.clear();
    for (const [shard, epoch] of held) this.#epochs.set(shard, epoch);
    if (lost.size > 0) {
      this.#options.log.info({ shards: [...lost] }, 'shards went to another replica');
      for (const listener of this.#listeners) listener.onLost(lost);
    }
    if (taken.size > 0) {
      this.#options.log.info({ shards: [...taken] }, 'shards taken');
      for (const listener of this.#listeners) listener.onTaken(taken);
    }
  }
}
