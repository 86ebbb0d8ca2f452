import { ApiError } from '@everynode/objects';
import { type Fence, FencedError, SHARD_COUNT } from '@everynode/store';
import { eventually, testLog } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { shardOf } from '../shard/shard-of.js';
import type { ShardListener, ShardOwnership } from '../shard/shards.js';
import { caughtUp } from './caught-up.js';
import { ShardedQueue } from './sharded-queue.js';

const KEYS = Array.from({ length: 200 }, (_, i) => `key-${i}`);

/** Shards that a test hands out. */
function harness(reconcile: (key: string, fence: Fence) => Promise<undefined>) {
  const held = new Map<number, number>();
  const listeners: ShardListener[] = [];
  const shards: ShardOwnership = {
    isMine: (key) => held.has(shardOf(key)),
    fenceFor: (key) => {
      const epoch = held.get(shardOf(key));
      return epoch === undefined ? undefined : { shard: shardOf(key), epoch };
    },
    addListener: (listener) => {
      listeners.push(listener);
      return () => void listeners.splice(listeners.indexOf(listener), 1);
    },
  };
  const context = { shards, log: testLog() };
  const queue = new ShardedQueue(context, { name: 'test', workers: 4, reconcile, keys: () => KEYS });
  const take = (taken: number[], epoch = 1): void => {
    for (const shard of taken) held.set(shard, epoch);
    for (const listener of listeners) listener.onTaken?.(new Set(taken));
  };
  const lose = (lost: number[]): void => {
    for (const shard of lost) held.delete(shard);
    for (const listener of listeners) listener.onLost?.(new Set(lost));
  };
  return { queue, held, take, lose };
}

describe('ShardedQueue', () => {
  it('reconciles the keys of the shards it holds, and all keys of a shard that it acquires', async () => {
    const done: string[] = [];
    const { queue, take } = harness(async (key) => void done.push(key));
    for (const key of KEYS) queue.add(key);
    const [first, second] = [[0, 1, 2, 3], Array.from({ length: SHARD_COUNT - 8 }, (_, i) => i + 8)];
    const keysIn = (wanted: number[]) => KEYS.filter((key) => wanted.includes(shardOf(key)));
    take(first);
    await eventually(() => expect([...done].sort()).toEqual(keysIn(first).sort()));
    take(second);
    await eventually(() => expect([...done].sort()).toEqual(keysIn([...first, ...second]).sort()));
    await queue.close();
  });

  it('lets go of a key whose shard went while it was queued or worked on', async () => {
    const tried: string[] = [];
    const { queue, held, take } = harness(async (key) => {
      tried.push(key);
      held.clear();
      throw new FencedError(shardOf(key), 1);
    });
    take(Array.from({ length: SHARD_COUNT }, (_, i) => i));
    await eventually(() => expect(tried).toHaveLength(1));
    // Waits for whatever is active; had the failure been retried, the key would be there once more.
    await queue.close();
    expect(tried).toHaveLength(1);
  });

  it('forgets the failures of a key whose shard it loses, so that the key does not wait when the shard comes back', async () => {
    const shard = shardOf('key-0');
    const triedAt: number[] = [];
    const { queue, take, lose } = harness(async (key) => {
      if (key !== 'key-0') return undefined;
      triedAt.push(performance.now());
      throw new ApiError('Forbidden', 'no PriorityClass with name nowhere was found');
    });
    take([shard]);
    // The sixth wait would be 160 ms, the seventh 320 ms.
    await eventually(() => expect(triedAt).toHaveLength(6));
    lose([shard]);
    const before = triedAt.length;
    const regainedAt = performance.now();
    take([shard], 2);
    // At once, and again after 5 and 10 ms.
    await eventually(() => expect(triedAt.length).toBeGreaterThanOrEqual(before + 3));
    expect((triedAt[before + 2] ?? Number.POSITIVE_INFINITY) - regainedAt).toBeLessThan(160);
    await queue.close();
  });

  it('works again on a key that failed', async () => {
    let failures = 2;
    const { queue, take } = harness(async () => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('not yet');
      }
    });
    take([shardOf('key-0')]);
    queue.add('key-0');
    await eventually(() => expect(failures).toBe(0));
    await queue.close();
  });
});

describe('caughtUp', () => {
  it('waits for the caches, or for the end', async () => {
    const stopping = new AbortController();
    let reach: (() => void) | undefined;
    const reflector = {
      revision: 3,
      waitFor: () => new Promise<void>((resolve) => (reach = resolve)),
    };
    const context = { reflector, signal: stopping.signal };
    await caughtUp(context, 3);
    let isDone = false;
    const waiting = caughtUp(context, 4).then(() => (isDone = true));
    await Promise.resolve();
    expect(isDone).toBe(false);
    reach?.();
    await waiting;
    const ending = caughtUp(context, 5);
    stopping.abort();
    await ending;
  });
});
