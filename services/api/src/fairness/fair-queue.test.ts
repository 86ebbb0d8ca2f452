import { eventually } from '@everynode/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

const limits = { seats: 4, queueLength: 3, waitMs: 10_000 };

describe('seats', () => {
  it('go to the flows in turn, whatever number of requests each has waiting', async () => {
    const queue = new FairQueue({ ...limits, seats: 1, queueLength: 100 });
    const order: string[] = [];
    let done = 0;
    const ask = async (flow: string) => {
      const leave = await queue.enter(flow);
      order.push(flow);
      setImmediate(() => {
        done += 1;
        leave();
      });
    };
    for (let at = 0; at < 10; at += 1) void ask('greedy');
    void ask('modest');
    void ask('other');
    void ask('modest');
    await eventually(() => expect(done).toBe(13));
    // One greedy request had its seat before all others.
    expect(order.slice(0, 6)).toEqual(['greedy', 'greedy', 'modest', 'other', 'greedy', 'modest']);
    expect([queue.occupied, queue.waiting]).toEqual([0, 0]);
  });

  it('are refused to a flow that has too many waiting, and to no other', async () => {
    const queue = new FairQueue(limits);
    const entered = [await queue.enter('a'), await queue.enter('a')];
    const waiting = [queue.enter('a'), queue.enter('a'), queue.enter('a')];
    await expect(queue.enter('a')).rejects.toMatchObject({
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 1 },
    });
    const modest = await queue.enter('b');
    for (const leave of entered) leave();
    modest();
    for (const each of waiting) (await each)();
    expect([queue.occupied, queue.waiting, queue.refused]).toEqual([0, 0, 1]);
  });

  it('are refused to who has waited too long', async () => {
    const queue = new FairQueue({ seats: 1, queueLength: 3, waitMs: 20 });
    const leave = await queue.enter('a');
    await expect(queue.enter('a')).rejects.toMatchObject({ reason: 'TooManyRequests' });
    leave();
    leave();
    expect([queue.occupied, queue.waiting]).toEqual([0, 0]);
    (await queue.enter('a'))();
  });

  it('are never more than are left, so that the next flow finds some, however long they are held', async () => {
    const queue = new FairQueue({ ...limits, seats: 60 });
    const seated: (() => void)[] = [];
    const waiting: Promise<() => void>[] = [];
    const heldBy = (flow: string): number => {
      for (let held = 0; ; held += 1) {
        const seat = queue.enter(flow);
        if (seat instanceof Promise) {
          waiting.push(seat);
          return held;
        }
        seated.push(seat);
      }
    };
    expect(['a', 'b', 'c', 'd'].map(heldBy)).toEqual([30, 15, 8, 4]);
    expect([queue.occupied, queue.waiting]).toEqual([57, 4]);
    for (const leave of seated) leave();
    for (const seat of waiting) (await seat)();
    expect([queue.occupied, queue.waiting]).toEqual([0, 0]);
  });

  it('are taken several at once, and one that needs more than there are has all', async () => {
    const queue = new FairQueue({ ...limits, seats: 10 });
    const large = await queue.enter('a', 12);
    const small = queue.enter('b', 1);
    expect([queue.occupied, queue.waiting]).toEqual([12, 1]);
    large();
    const leave = await small;
    expect(queue.occupied).toBe(1);
    expect(queue.enter('c', 10)).toBeInstanceOf(Promise);
    const other = await queue.enter('d', 4);
    leave();
    other();
    await eventually(() => expect([queue.occupied, queue.waiting]).toEqual([10, 0]));
  });

  it('are never more than there are, and all come back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), async (flows) => {
        const queue = new FairQueue({ seats: 3, queueLength: 50, waitMs: 10_000 });
        let inside = 0;
        await Promise.all(
          flows.map(async (flow) => {
            const leave = await queue.enter(flow);
            inside += 1;
            expect(inside).toBeLessThanOrEqual(3);
            await Promise.resolve();
            inside -= 1;
            leave();
          }),
        );
        expect([queue.occupied, queue.waiting]).toEqual([0, 0]);
      }),
    );
  });
});
