import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HeldShard, ShardHolder } from '@everynode/store';
import { eventually, testLog } from '@everynode/test-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shardOf } from './shard-of.js';
import { Shards } from './shards.js';

const TTL_MS = 20;
const KEY = 'default/agent';
const SHARD = shardOf(KEY);

// The test owns the clock by which leases end; only the pauses between renewals are real, and they are 5 ms.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const lease = (epoch: number, revision = 0): HeldShard => ({ shard: SHARD, epoch, revision });

/** A replica whose store answers what the test wants, and records what its listener receives. */
function startReplica(answer: () => HeldShard[] | Promise<HeldShard[]>) {
  const stopping = new AbortController();
  const renewals = { count: 0 };
  const holders: ShardHolder[] = [];
  const released: string[] = [];
  const caches = {
    revision: 0,
    next: 0,
    catchUp: async (): Promise<void> => {
      caches.revision = caches.next;
    },
  };
  const shards = new Shards({
    store: {
      leaseShards: async (holder) => {
        renewals.count += 1;
        holders.push(holder);
        return await answer();
      },
      releaseShards: async (replica) => void released.push(replica),
    },
    reflector: caches,
    replica: 'one',
    log: testLog(),
    signal: stopping.signal,
    ttlMs: TTL_MS,
  });
  const calls: string[] = [];
  const unsubscribe = shards.addListener({
    onTaken: (taken) => calls.push(`taken ${[...taken].join()}`),
    onLost: (lost) => calls.push(`lost ${[...lost].join()}`),
  });
  const running = shards.run();
  const renewed = async (): Promise<void> => {
    const before = renewals.count;
    // The answer to the renewal after the next is applied before the one after that begins.
    await eventually(() => expect(renewals.count).toBeGreaterThan(before + 1));
    await nextTurn();
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return { shards, caches, holders, calls, released, renewed, unsubscribe, stop };
}

describe('Shards', () => {
  it('works on a shard from when it is granted until it is given back', async () => {
    const { shards, calls, holders, released, renewed, stop } = startReplica(() => [lease(4)]);
    await renewed();
    expect(shards.isMine(KEY)).toBe(true);
    expect(shards.fenceFor(KEY)).toEqual({ shard: SHARD, epoch: 4 });
    expect(shards.trouble).toBeUndefined();
    await stop();
    expect(shards.isMine(KEY)).toBe(false);
    expect(shards.fenceFor(KEY)).toBeUndefined();
    expect(calls).toEqual([`taken ${SHARD}`, `lost ${SHARD}`]);
    expect(released).toEqual([holders[0]?.process]);
  });

  it('loses and takes a shard whose epoch has changed: another replica had it in between', async () => {
    let epoch = 1;
    const { shards, calls, renewed, stop } = startReplica(() => [lease(epoch)]);
    await renewed();
    epoch = 3;
    await renewed();
    expect(shards.fenceFor(KEY)).toEqual({ shard: SHARD, epoch: 3 });
    expect(calls).toEqual([`taken ${SHARD}`, `lost ${SHARD}`, `taken ${SHARD}`]);
    await stop();
  });

  it('keeps its shards through failed renewals until the lease is over, and takes them again after', async () => {
    let answer = (): HeldShard[] => [lease(1)];
    const granted = answer;
    const { shards, calls, renewed, stop } = startReplica(() => answer());
    await renewed();
    answer = () => {
      throw new Error('Postgres is away');
    };
    await renewed();
    expect(shards.isMine(KEY)).toBe(true);
    expect(shards.trouble).toBe('shards cannot be renewed');
    vi.advanceTimersByTime(TTL_MS + 1);
    await eventually(() => expect(shards.isMine(KEY)).toBe(false));
    expect(calls).toEqual([`taken ${SHARD}`, `lost ${SHARD}`]);
    answer = granted;
    await eventually(() => expect(shards.isMine(KEY)).toBe(true));
    expect(shards.trouble).toBeUndefined();
    await stop();
  });

  it('leases under a name of its own, and replaces earlier processes of its replica only when it joins', async () => {
    const [first, second] = [startReplica(() => [lease(1)]), startReplica(() => [])];
    await Promise.all([first.renewed(), second.renewed()]);
    const names = [first, second].map(({ holders }) => new Set(holders.map(({ process }) => process)));
    expect(names.map((own) => own.size)).toEqual([1, 1]);
    expect([...(names[0] ?? [])]).not.toEqual([...(names[1] ?? [])]);
    expect(first.holders.slice(0, 2).map(({ replaces }) => replaces)).toEqual(['one', undefined]);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('works on a shard only when the caches show what its former holders wrote, and asks for it', async () => {
    const { shards, caches, calls, renewed, stop } = startReplica(() => [lease(1, 10)]);
    caches.next = 9;
    await renewed();
    expect(shards.isMine(KEY)).toBe(false);
    expect(shards.fenceFor(KEY)).toBeUndefined();
    expect(shards.trouble).toBe('the caches are behind the shards that were taken');
    expect(calls).toEqual([]);
    caches.next = 10;
    await eventually(() => expect(shards.fenceFor(KEY)).toEqual({ shard: SHARD, epoch: 1 }));
    expect(calls).toEqual([`taken ${SHARD}`]);
    expect(shards.trouble).toBeUndefined();
    await stop();
  });

  it('does not wait for the revisions of later renewals', async () => {
    let revision = 0;
    const { shards, calls, renewed, stop } = startReplica(() => [lease(1, revision)]);
    await renewed();
    revision = 10;
    await renewed();
    expect(shards.isMine(KEY)).toBe(true);
    expect(calls).toEqual([`taken ${SHARD}`]);
    await stop();
  });

  it('drops its shards when Postgres does not answer in time, and does not believe an answer that comes later', async () => {
    let hold = false;
    let release = (): void => undefined;
    const { shards, renewed, stop } = startReplica(async () => {
      if (hold) await new Promise<void>((resolve) => (release = resolve));
      return [lease(1)];
    });
    await renewed();
    hold = true;
    vi.advanceTimersByTime(TTL_MS + 1);
    await eventually(() => expect(shards.isMine(KEY)).toBe(false));
    vi.advanceTimersByTime(TTL_MS + 1);
    hold = false;
    release();
    await nextTurn();
    expect(shards.isMine(KEY)).toBe(false);
    await eventually(() => expect(shards.isMine(KEY)).toBe(true));
    await stop();
  });

  it('does not call a listener that was removed', async () => {
    const { calls, renewed, unsubscribe, stop } = startReplica(() => [lease(1)]);
    await renewed();
    unsubscribe();
    await stop();
    expect(calls).toEqual([`taken ${SHARD}`]);
  });
});
