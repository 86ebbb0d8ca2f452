import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './index.js';

describe('TokenBucket', () => {
  it('lets a burst through at once, and then one token for each refill time', () => {
    const bucket = new TokenBucket(3, 100, 0);
    expect(bucket.acquire(5, 0)).toBe(3);
    expect(bucket.acquire(1, 99)).toBe(0);
    expect(bucket.acquire(1, 100)).toBe(1);
    expect(bucket.acquire(5, 350)).toBe(2);
  });

  it('keeps the fraction of a token that has come back', () => {
    const bucket = new TokenBucket(1, 100, 0);
    expect(bucket.acquire(1, 0)).toBe(1);
    expect(bucket.acquire(1, 60)).toBe(0);
    expect(bucket.acquire(1, 100)).toBe(1);
  });

  it('holds no more than the burst, however long it was idle', () => {
    const bucket = new TokenBucket(2, 10, 0);
    expect(bucket.acquire(10, 1_000_000)).toBe(2);
  });

  it('does not refill when the clock stands or runs back', () => {
    const bucket = new TokenBucket(1, 100, 500);
    expect(bucket.acquire(1, 500)).toBe(1);
    expect(bucket.acquire(1, 100)).toBe(0);
  });

  it('never lets more through than the burst and the refill of the time that has passed', () => {
    const requests = fc.array(fc.record({ wanted: fc.nat(5), afterMs: fc.nat(300) }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), requests, (burst, asked) => {
        const bucket = new TokenBucket(burst, 100, 0);
        let now = 0;
        let passed = 0;
        for (const { wanted, afterMs } of asked) {
          now += afterMs;
          const acquired = bucket.acquire(wanted, now);
          expect(acquired).toBeLessThanOrEqual(wanted);
          passed += acquired;
        }
        expect(passed).toBeLessThanOrEqual(burst + now / 100);
      }),
    );
  });
});
