import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ReconcileResult, Workqueue } from './workqueue.js';

// The test owns the time. Only the turn on which work begins is real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Lets time pass, and lets the work begin that became due. */
async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await new Promise(setImmediate);
}

const BACKOFF = { firstMs: 100, maxMs: 400 };

/** A queue whose keys a test finishes itself. `begun` has every start of work, in order. */
function controlled(workers = 1) {
  const begun: string[] = [];
  const errors: { key: string; failures: number }[] = [];
  const running = new Map<string, { resolve: (result: ReconcileResult) => void; reject: (error: Error) => void }>();
  let mostAtOnce = 0;
  const queue = new Workqueue({
    workers,
    backoff: () => BACKOFF,
    onError: (key, _error, failures) => errors.push({ key, failures }),
    reconcile: (key) =>
      new Promise((resolve, reject) => {
        begun.push(key);
        running.set(key, { resolve, reject });
        mostAtOnce = Math.max(mostAtOnce, running.size);
      }),
  });
  const end = async (key: string, finish: 'done' | 'failed' | ReconcileResult): Promise<void> => {
    const work = running.get(key);
    if (!work) throw new Error(`${key} is not worked on`);
    running.delete(key);
    if (finish === 'failed') work.reject(new Error('not this time'));
    else work.resolve(finish === 'done' ? undefined : finish);
    await pass();
  };
  return { queue, begun, errors, end, mostAtOnce: () => mostAtOnce };
}

describe('Workqueue', () => {
  it('works once on a key that is added many times before its work begins', async () => {
    const { queue, begun, end } = controlled();
    for (let i = 0; i < 5; i += 1) queue.add('a');
    await pass();
    expect(begun).toEqual(['a']);
    await end('a', 'done');
    expect(begun).toEqual(['a']);
  });

  it('works on a key in time though the wall clock steps between', async () => {
    for (const step of [-600_000, 600_000]) {
      const { queue, begun } = controlled();
      queue.addAfter('a', 60_000);
      vi.setSystemTime(Date.now() + step);
      queue.addAfter('a', 100);
      await pass(100);
      expect(begun).toEqual(['a']);
    }
  });

  it('works once more on a key that is added while it is worked on', async () => {
    const { queue, begun, end } = controlled();
    queue.add('a');
    await pass();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    await end('a', 'done');
    expect(begun).toEqual(['a', 'a']);
    await end('a', 'done');
    expect(begun).toEqual(['a', 'a']);
  });

  it('keeps the order in which keys were added first', async () => {
    const { queue, begun, end } = controlled();
    for (const key of ['a', 'b', 'c', 'b', 'a']) queue.add(key);
    for (const key of ['a', 'b', 'c']) {
      await pass();
      await end(key, 'done');
    }
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('never gives one key to two workers, and never works on more keys than it has workers', async () => {
    const { queue, begun, end, mostAtOnce } = controlled(2);
    for (const key of ['a', 'a', 'b', 'c']) queue.add(key);
    await pass();
    queue.add('a');
    await pass();
    expect(begun).toEqual(['a', 'b']);
    expect(queue.length).toBe(1);
    await end('b', 'done');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a', 'done');
    expect(begun).toEqual(['a', 'b', 'c', 'a']);
    expect(mostAtOnce()).toBe(2);
  });

  it('begins on a later turn, so that one pass sees all that an event brings', async () => {
    const { queue, begun } = controlled();
    queue.add('a');
    await Promise.resolve();
    expect(begun).toEqual([]);
    await pass();
    expect(begun).toEqual(['a']);
  });

  it('requeues a key after the time that its work asks for', async () => {
    const { queue, begun, end } = controlled();
    queue.add('a');
    await pass();
    await end('a', { requeueAfterMs: 500 });
    await pass(499);
    expect(begun).toEqual(['a']);
    await pass(1);
    expect(begun).toEqual(['a', 'a']);
  });

  it('backs off from failure to failure up to its limit, and forgets the failures after a success', async () => {
    const { queue, begun, errors, end } = controlled();
    queue.add('a');
    await pass();
    for (const [i, full] of [100, 200, 400, 400].entries()) {
      await end('a', 'failed');
      // Up to a quarter is taken off at random.
      await pass(full * 0.75 - 1);
      expect(begun).toHaveLength(i + 1);
      await pass(full * 0.25 + 1);
      expect(begun).toHaveLength(i + 2);
    }
    expect(errors).toEqual([1, 2, 3, 4].map((failures) => ({ key: 'a', failures })));
    await end('a', 'done');
    queue.add('a');
    await pass();
    await end('a', 'failed');
    expect(errors.at(-1)).toEqual({ key: 'a', failures: 1 });
  });

  it('counts the failures of one back-off only', async () => {
    const slow = { firstMs: 100, maxMs: 100_000 };
    const errors = ['outage', 'outage', 'refusal', 'refusal', 'outage'];
    const counts: number[] = [];
    const queue = new Workqueue({
      workers: 1,
      backoff: (error) => ((error as Error).message === 'refusal' ? slow : BACKOFF),
      onError: (_key, _error, failures) => counts.push(failures),
      reconcile: async () => {
        const message = errors.shift();
        if (message !== undefined) throw new Error(message);
        return undefined;
      },
    });
    queue.add('a');
    for (let round = 0; round < 6; round += 1) await pass(200);
    expect(counts).toEqual([1, 2, 1, 2, 1]);
    await queue.close();
  });

  it('works at once on a failed key that is added while it waits, and once more when its wait is over', async () => {
    const { queue, begun, end } = controlled();
    queue.add('a');
    await pass();
    await end('a', 'failed');
    queue.add('a');
    await pass();
    expect(begun).toEqual(['a', 'a']);
    await end('a', 'done');
    await pass(100);
    expect(begun).toEqual(['a', 'a', 'a']);
  });
});

describe('addAfter', () => {
  it.each([
    { first: 300, second: 100, at: 100 },
    { first: 100, second: 300, at: 100 },
  ])('keeps the earlier of $first ms and $second ms', async ({ first, second, at }) => {
    const { queue, begun, end } = controlled();
    queue.addAfter('a', first);
    queue.addAfter('a', second);
    await pass(at - 1);
    expect(begun).toEqual([]);
    await pass(1);
    expect(begun).toEqual(['a']);
    await end('a', 'done');
    await pass(1000);
    expect(begun).toEqual(['a']);
  });

  it('adds at once for a time that is over', async () => {
    const { queue, begun } = controlled();
    queue.addAfter('a', -5);
    await pass();
    expect(begun).toEqual(['a']);
  });
});

describe('drop', () => {
  it('forgets a key that waits, that is due later, or that has failed', async () => {
    const { queue, begun, errors, end } = controlled();
    queue.add('active');
    await pass();
    queue.add('waits');
    queue.addAfter('later', 50);
    for (const key of ['waits', 'later']) queue.drop(key);
    await end('active', 'failed');
    queue.drop('active');
    await pass(1000);
    expect(begun).toEqual(['active']);
    queue.add('active');
    await pass();
    await end('active', 'failed');
    // Without the failures of before.
    expect(errors.at(-1)).toEqual({ key: 'active', failures: 1 });
  });

  it('lets active work end, and does not repeat it', async () => {
    const { queue, begun, end } = controlled();
    queue.add('a');
    await pass();
    queue.add('a');
    queue.drop('a');
    await end('a', 'done');
    await pass(1000);
    expect(begun).toEqual(['a']);
  });
});

describe('close', () => {
  it('resolves when the active keys are done, and works on nothing else', async () => {
    const { queue, begun, end } = controlled();
    queue.add('active');
    await pass();
    queue.add('active');
    queue.add('waits');
    queue.addAfter('later', 50);
    let isClosed = false;
    const closing = queue.close().then(() => (isClosed = true));
    queue.add('new');
    queue.addAfter('new later', 50);
    await pass(1000);
    expect(isClosed).toBe(false);
    await end('active', 'failed');
    await closing;
    await pass(10_000);
    expect(begun).toEqual(['active']);
  });

  it('resolves at once without active keys', async () => {
    const { queue } = controlled();
    queue.addAfter('later', 50);
    await queue.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
