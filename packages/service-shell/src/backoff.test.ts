import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, pause, retryUntilDone } from './index.js';

describe('backoffMs', () => {
  it('doubles from the first wait to the longest, with up to a quarter taken off', () => {
    const options = { firstMs: 100, maxMs: 1000 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (failures) => {
        const full = Math.min(1000, 100 * 2 ** Math.min(failures - 1, 30));
        const wait = backoffMs(failures, options);
        expect(wait).toBeGreaterThanOrEqual(full * 0.75);
        expect(wait).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe('pause', () => {
  it('ends without an error when the signal aborts', async () => {
    const stopping = new AbortController();
    const paused = pause(60_000, stopping.signal);
    stopping.abort();
    await expect(paused).resolves.toBeUndefined();
    await expect(pause(60_000, stopping.signal)).resolves.toBeUndefined();
  });
});

describe('retryUntilDone', () => {
  const backoff = { firstMs: 1, maxMs: 1 };

  it('tries until an attempt succeeds, and reports every failure with its count', async () => {
    const failures: [unknown, number][] = [];
    const { signal } = new AbortController();
    let attempts = 0;
    const attempt = async (): Promise<string> => {
      attempts += 1;
      if (attempts < 3) throw new Error(`attempt ${attempts}`);
      return 'done';
    };
    const onFailure = (error: unknown, count: number): void => void failures.push([error, count]);
    expect(await retryUntilDone(attempt, { signal, onFailure, backoff })).toBe('done');
    expect(failures).toEqual([
      [new Error('attempt 1'), 1],
      [new Error('attempt 2'), 2],
    ]);
  });

  it('ends with undefined when the signal aborts between attempts', async () => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const attempt = (): Promise<string> => Promise.reject(new Error('away'));
    const onFailure = (): void => stopping.abort();
    expect(await retryUntilDone(attempt, { signal, onFailure, backoff })).toBeUndefined();
  });

  it('does not report the failure of an attempt that the stop has interrupted', async () => {
    const stopping = new AbortController();
    let reported = 0;
    const attempt = async (): Promise<string> => {
      stopping.abort();
      throw new Error('interrupted');
    };
    const onFailure = (): void => {
      reported += 1;
    };
    expect(await retryUntilDone(attempt, { signal: stopping.signal, onFailure, backoff })).toBeUndefined();
    expect(reported).toBe(0);
  });
});
