import { type Logger, pause } from '@everynode/service-shell';
import type { Fence, Store } from '@everynode/store';
import {
  holdsShards,
  leaseTrouble,
  nextLeaseMode,
  type ShardLeaseEvent,
  type ShardLeaseMode,
} from './shard-lease-mode.js';
import { shardOf } from './shard-of.js';

export interface ShardsOptions {
  store: Pick<Store, 'leaseShards' | 'releaseShards'>;
  replica: string;
  log: Logger;
  signal: AbortSignal;
  /** After so many ms without a renewal, Postgres gives a replica's shards to others. */
  ttlMs?: number;
}

export interface ShardListener {
  /** This replica holds these shards from now on: every key in them has to be enqueued. */
  onTaken?(shards: ReadonlySet<number>): void;
  /** This replica does not hold these any more. Writes that still carry the old epoch fail in the store. */
  onLost?(shards: ReadonlySet<number>): void;
}

/** What a controller needs to know of the shards of its replica. */
export interface ShardOwnership {
  /** True when the key belongs to a shard that this replica holds. */
  isMine(key: string): boolean;
  /** The token for a write on behalf of the key; undefined when another replica has the right to write. */
  fenceFor(key: string): Fence | undefined;
  /** Returns the function that removes the listener. */
  addListener(listener: ShardListener): () => void;
}

const TTL_MS = 3000;

/**
 * The share of the work that this replica has. Keys are hashed into shards, shards are leased in Postgres, and every
 * write a controller makes carries the epoch of its shard: a replica that was paused and believes it still holds one
 * cannot do harm. A lost replica's shards move within its time to live. The modes and their ways out:
 * shard-lease-mode.ts.
 */
export class Shards implements ShardOwnership {
  readonly #options: ShardsOptions;
  /** By shard: the epoch of the lease. Empty unless the mode holds shards. */
  readonly #epochs = new Map<number, number>();
  readonly #listeners = new Set<ShardListener>();
  #mode: ShardLeaseMode = { name: 'joining' };

  constructor(options: ShardsOptions) {
    this.#options = options;
  }

  get trouble(): string | undefined {
    return leaseTrouble(this.#mode);
  }

  addListener(listener: ShardListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isMine(key: string): boolean {
    return this.#epochs.has(shardOf(key));
  }

  fenceFor(key: string): Fence | undefined {
    const shard = shardOf(key);
    const epoch = this.#epochs.get(shard);
    return epoch === undefined ? undefined : { shard, epoch };
  }

  /** Renews its leases until the signal aborts, then gives them back. @throws what the store throws when that fails. */
  async run(): Promise<void> {
    const { store, replica, log, signal, ttlMs = TTL_MS } = this.#options;
    while (!signal.aborted) {
      const askedAt = Date.now();
      try {
        const granted = await store.leaseShards(replica, ttlMs / 1000);
        this.#move(
          { type: 'renewed', until: askedAt + ttlMs },
          new Map(granted.map(({ shard, epoch }) => [shard, epoch])),
        );
      } catch (error) {
        log.warn({ err: error }, 'shards cannot be renewed');
        this.#move({ type: 'renewalFailed', now: Date.now() });
      }
      await pause(ttlMs / 4, signal);
    }
    this.#move({ type: 'stopped' });
    await store.releaseShards(replica);
  }

  /** `granted` comes with `renewed`: the shards of this replica and their epochs. */
  #move(event: ShardLeaseEvent, granted: ReadonlyMap<number, number> = this.#epochs): void {
    this.#mode = nextLeaseMode(this.#mode, event);
    this.#hold(holdsShards(this.#mode) ? granted : new Map());
  }

  /** A changed epoch means that another replica had the shard in between: it counts as lost and as taken. */
  #hold(held: ReadonlyMap<number, number>): void {
    if (held === this.#epochs) return;
    const lost = new Set<number>();
    const taken = new Set<number>();
    for (const [shard, epoch] of this.#epochs) if (held.get(shard) !== epoch) lost.add(shard);
    for (const [shard, epoch] of held) if (this.#epochs.get(shard) !== epoch) taken.add(shard);
    this.#epochs.clear();
    for (const [shard, epoch] of held) this.#epochs.set(shard, epoch);
    if (lost.size > 0) {
      this.#options.log.info({ shards: [...lost] }, 'shards went to another replica');
      for (const listener of this.#listeners) listener.onLost?.(lost);
    }
    if (taken.size > 0) {
      this.#options.log.info({ shards: [...taken] }, 'shards taken');
      for (const listener of this.#listeners) listener.onTaken?.(taken);
    }
  }
}
