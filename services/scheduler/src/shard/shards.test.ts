import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HeldShard } from '@everynode/store';
import { eventually, testLog } from '@everynode/test-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shardOf } from './shard-of.js';
import { Shards } from './shards.js';

const TTL_MS = 20;
const KEY = 'default/agent';
const SHARD = shardOf(KEY);

// The test owns the clock by which leases end; only the pauses between renewals are real, and they are 5 ms.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** A replica whose store answers what the test wants, and records what its listener receives. */
function startReplica(answer: () => HeldShard[]) {
  const stopping = new AbortController();
  const renewals = { count: 0 };
  const released: string[] = [];
  const shards = new Shards({
    store: {
      leaseShards: async () => {
        renewals.count += 1;
        return answer();
      },
      releaseShards: async (replica) => void released.push(replica),
    },
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
  return { shards, calls, released, renewed, unsubscribe, stop };
}

describe('Shards', () => {
  it('works on a shard from when it is granted until it is given back', async () => {
    const { shards, calls, released, renewed, stop } = startReplica(() => [{ shard: SHARD, epoch: 4 }]);
    await renewed();
    expect(shards.isMine(KEY)).toBe(true);
    expect(shards.fenceFor(KEY)).toEqual({ shard: SHARD, epoch: 4 });
    expect(shards.trouble).toBeUndefined();
    await stop();
    expect(shards.isMine(KEY)).toBe(false);
    expect(shards.fenceFor(KEY)).toBeUndefined();
    expect(calls).toEqual([`taken ${SHARD}`, `lost ${SHARD}`]);
    expect(released).toEqual(['one']);
  });

  it('loses and takes a shard whose epoch has changed: another replica had it in between', async () => {
    let epoch = 1;
    const { shards, calls, renewed, stop } = startReplica(() => [{ shard: SHARD, epoch }]);
    await renewed();
    epoch = 3;
    await renewed();
    expect(shards.fenceFor(KEY)).toEqual({ shard: SHARD, epoch: 3 });
    expect(calls).toEqual([`taken ${SHARD}`, `lost ${SHARD}`, `taken ${SHARD}`]);
    await stop();
  });

  it('keeps its shards through failed renewals until the lease is over, and takes them again after', async () => {
    let answer = (): HeldShard[] => [{ shard: SHARD, epoch: 1 }];
    const granted = answer;
    const { shards, calls, renewed, stop } = startReplica(() => answer());
    await renewed();
    answer = () => {
      throw new Error('Postgres is away');
    };
    await renewed();
    expect(shards.isMine(KEY)).toBe(true);
    expect(shards.trouble).toBe('shards cannot be renewed');
    vi.setSystemTime(Date.now() + TTL_MS + 1);
    await eventually(() => expect(shards.isMine(KEY)).toBe(false));
    expect(calls).toEqual([`taken ${SHARD}`, `lost ${SHARD}`]);
    answer = granted;
    await eventually(() => expect(shards.isMine(KEY)).toBe(true));
    expect(shards.trouble).toBeUndefined();
    await stop();
  });

  it('does not call a listener that was removed', async () => {
    const { calls, renewed, unsubscribe, stop } = startReplica(() => [{ shard: SHARD, epoch: 1 }]);
    await renewed();
    unsubscribe();
    await stop();
    expect(calls).toEqual([`taken ${SHARD}`]);
  });
});
