import { randomUUID } from 'node:crypto';
import type { Reflector } from '@everynode/list-watch';
import { type Logger, pause } from '@everynode/service-shell';
import type { Fence, HeldShard, Store } from '@everynode/store';
import {
  holdsShards,
  leaseTrouble,
  nextLeaseMode,
  type ShardLeaseEvent,
  type ShardLeaseMode,
} from './shard-lease-mode.js';
import { ABSENT, nextShardMode, type ShardEvent, type ShardMode } from './shard-mode.js';
import { shardOf } from './shard-of.js';

export interface ShardsOptions {
  store: Pick<Store, 'leaseShards' | 'releaseShards'>;
  /** The caches that the work on shards reads. */
  reflector: Pick<Reflector, 'revision' | 'catchUp'>;
  replica: string;
  log: Logger;
  signal: AbortSignal;
  /** After so many ms without a renewal, Postgres gives a replica's shards to others. */
  ttlMs?: number;
}

export interface ShardListener {
  /**
   * This replica works on these shards from now on: every key in them has to be enqueued. The caches show all that
   * former holders of them wrote.
   */
  onTaken?(shards: ReadonlySet<number>): void;
  /** This replica does not work on these any more. Writes that still carry the old epoch fail in the store. */
  onLost?(shards: ReadonlySet<number>): void;
}

/** What a controller needs to know of the shards of its replica. */
export interface ShardOwnership {
  /** True when the key belongs to a shard that this replica works on. */
  isMine(key: string): boolean;
  /** The token for a write on behalf of the key; undefined when this replica must not act on it. */
  fenceFor(key: string): Fence | undefined;
  /** Returns the function that removes the listener. */
  addListener(listener: ShardListener): () => void;
}

const TTL_MS = 3000;
const LOST: ShardEvent = { type: 'lost' };

/**
 * The share of the work that this process has. Keys are hashed into shards, shards are leased in Postgres, and every
 * write a controller makes carries the epoch of its shard: a process that was paused and believes it still holds one
 * cannot do harm. A lost process's shards move within its time to live. The modes of the leases and their ways out:
 * shard-lease-mode.ts; those of each shard: shard-mode.ts.
 *
 * Each process leases under a name of its own, since two of them may be given the name of one replica.
 */
export class Shards implements ShardOwnership {
  readonly #options: ShardsOptions;
  readonly #process: string;
  /** By shard; one that is not here is absent. Empty unless the mode of the leases holds shards. */
  readonly #shards = new Map<number, Exclude<ShardMode, { name: 'absent' }>>();
  readonly #listeners = new Set<ShardListener>();
  #mode: ShardLeaseMode = { name: 'joining' };
  /** True until a round has worked: earlier processes of this replica are to be replaced. */
  #joins = true;
  #isCatchingUp = false;

  constructor(options: ShardsOptions) {
    this.#options = options;
    this.#process = `${options.replica}/${randomUUID().slice(0, 8)}`;
  }

  get trouble(): string | undefined {
    return (
      leaseTrouble(this.#mode) ?? (this.#isBehind ? 'the caches are behind the shards that were taken' : undefined)
    );
  }

  addListener(listener: ShardListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isMine(key: string): boolean {
    return this.#shards.get(shardOf(key))?.name === 'active';
  }

  fenceFor(key: string): Fence | undefined {
    const shard = shardOf(key);
    const mode = this.#shards.get(shard);
    return mode?.name === 'active' ? { shard, epoch: mode.epoch } : undefined;
  }

  /** Renews its leases until the signal aborts, then gives them back. @throws what the store throws when that fails. */
  async run(): Promise<void> {
    const { store, signal, ttlMs = TTL_MS } = this.#options;
    while (!signal.aborted) {
      await this.#renew(ttlMs);
      void this.#bringCachesUp();
      await pause(ttlMs / 4, signal);
    }
    this.#move({ type: 'stopped' });
    await store.releaseShards(this.#process);
  }

  async #renew(ttlMs: number): Promise<void> {
    const { store, replica, log } = this.#options;
    const until = performance.now() + ttlMs;
    const isOver = (): boolean => performance.now() > until;
    const fail = (err: unknown): void => {
      log.warn({ err }, 'shards cannot be renewed');
      this.#move({ type: 'renewalFailed', now: performance.now() });
    };
    // A Postgres that hangs answers nothing, and the leases end all the same.
    const overdue = setTimeout(() => fail(new Error(`no answer in ${ttlMs} ms`)), ttlMs + 1);
    try {
      const holder = { process: this.#process, ...(this.#joins && { replaces: replica }) };
      const granted = await store.leaseShards(holder, ttlMs / 1000);
      this.#joins = false;
      // The answer may be older than the lease that it grants: others may have the shards.
      if (isOver()) fail(new Error(`the answer came after more than ${ttlMs} ms`));
      else this.#move({ type: 'renewed', until }, granted);
    } catch (error) {
      fail(error);
    } finally {
      clearTimeout(overdue);
    }
  }

  /** Lets the caches read what the shards that are behind wait for. Where that fails, the next round tries again. */
  async #bringCachesUp(): Promise<void> {
    if (this.#isCatchingUp || !this.#isBehind) return;
    const { reflector, log } = this.#options;
    this.#isCatchingUp = true;
    try {
      await reflector.catchUp();
    } catch (err) {
      log.warn({ err }, 'the caches cannot catch up with the shards that were taken');
    } finally {
      this.#isCatchingUp = false;
    }
    const { revision } = reflector;
    this.#change([...this.#shards.keys()].map((shard) => ({ shard, event: { type: 'caughtUp', revision } })));
  }

  get #isBehind(): boolean {
    for (const { name } of this.#shards.values()) if (name === 'behind') return true;
    return false;
  }

  /** `granted` comes with `renewed`: the shards of this process. */
  #move(event: ShardLeaseEvent, granted?: readonly HeldShard[]): void {
    this.#mode = nextLeaseMode(this.#mode, event);
    const holds = holdsShards(this.#mode);
    // A renewal that failed in time leaves the shards as they are.
    if (holds && !granted) return;
    const held = new Map(holds ? granted?.map((lease) => [lease.shard, lease]) : []);
    const { revision } = this.#options.reflector;
    this.#change([
      ...[...this.#shards.keys()].flatMap((shard) => (held.has(shard) ? [] : [{ shard, event: LOST }])),
      ...[...held.values()].flatMap(({ shard, ...lease }) => [
        { shard, event: { type: 'granted' as const, ...lease } },
        { shard, event: { type: 'caughtUp' as const, revision } },
      ]),
    ]);
  }

  /** A changed epoch means that another process had the shard in between: it counts as lost and as taken. */
  #change(events: readonly { shard: number; event: ShardEvent }[]): void {
    const before = new Map(this.#shards);
    for (const { shard, event } of events) {
      const mode = nextShardMode(this.#shards.get(shard) ?? ABSENT, event);
      if (mode.name === 'absent') this.#shards.delete(shard);
      else this.#shards.set(shard, mode);
    }
    const lost = shardsActiveIn(before, this.#shards);
    const taken = shardsActiveIn(this.#shards, before);
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

/** The shards that are active in the one, and not with the same epoch in the other. */
function shardsActiveIn(one: ReadonlyMap<number, ShardMode>, other: ReadonlyMap<number, ShardMode>): Set<number> {
  const shards = new Set<number>();
  for (const [shard, mode] of one) {
    const there = other.get(shard);
    const isSame = there?.name === 'active' && mode.name === 'active' && there.epoch === mode.epoch;
    if (mode.name === 'active' && !isSame) shards.add(shard);
  }
  return shards;
}
