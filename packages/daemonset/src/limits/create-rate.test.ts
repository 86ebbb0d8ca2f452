import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CreateAllowance, takeCreates } from './create-rate.js';

describe('a rate of creations', () => {
  it('is never exceeded, over any stretch of time, by more than a second’s worth', () => {
    const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 300 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6000 }), asks, (perMinute, sequence) => {
        let allowance: CreateAllowance | undefined;
        let now = 1e12;
        const granted: { at: number; count: number }[] = [];
        for (const [wait, wanted] of sequence) {
          now += wait;
          const grant = takeCreates(allowance, perMinute, wanted, now);
          allowance = grant.allowance;
          granted.push({ at: now, count: grant.granted });
          expect(grant.granted).toBeLessThanOrEqual(wanted);
          expect(grant.nextInMs === undefined).toBe(grant.granted === wanted);
        }
        for (let from = 0; from < granted.length; from += 1) {
          let sum = 0;
          for (const { at, count } of granted.slice(from)) {
            sum += count;
            const elapsed = at - (granted[from]?.at ?? 0);
            expect(sum).toBeLessThanOrEqual(Math.max(1, perMinute / 60) + (elapsed * perMinute) / 60_000 + 1e-6);
          }
        }
      }),
    );
  });

  it('grants the next one when it says', () => {
    const first = takeCreates(undefined, 30, 5, 0);
    expect([first.granted, first.nextInMs]).toEqual([1, 2000]);
    expect(takeCreates(first.allowance, 30, 4, 1999).granted).toBe(0);
    expect(takeCreates(first.allowance, 30, 4, 2000).granted).toBe(1);
  });

  it('does not limit a DaemonSet that does not ask for it', () => {
    expect(takeCreates(undefined, Number.POSITIVE_INFINITY, 10_000, 0)).toMatchObject({
      granted: 10_000,
      nextInMs: undefined,
    });
  });
});
