import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowances } from './allowances.js';

const allowance = { perSecond: 10, atOnce: 50 };

describe('allowances', () => {
  it('let a sender send what it may at once, and then as much as comes back', () => {
    const allowances = new Allowances(() => allowance);
    allowances.charge('a', 49, 0);
    expect(allowances.waitMs('a', 0)).toBe(0);
    allowances.charge('a', 11, 0);
    expect(allowances.waitMs('a', 0)).toBe(1100);
    expect(allowances.waitMs('a', 1100)).toBe(0);
    expect(allowances.waitMs('b', 0)).toBe(0);
  });

  it('forget what is owed beyond ten seconds', () => {
    const allowances = new Allowances(() => allowance);
    allowances.charge('a', 1e9, 0);
    expect(allowances.waitMs('a', 0)).toBe(10_100);
  });

  it('follow what a sender may, which may change', () => {
    let perSecond = 1;
    const allowances = new Allowances(() => ({ perSecond, atOnce: 1 }));
    allowances.charge('a', 11, 0);
    expect(allowances.waitMs('a', 0)).toBe(11_000);
    perSecond = 100;
    expect(allowances.waitMs('a', 0)).toBe(110);
  });

  it('never let a sender have more in any time than the rate, what it may at once, and one message', () => {
    const message = fc.record({ pause: fc.integer({ min: 0, max: 300 }), units: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
        const allowances = new Allowances(() => allowance);
        let now = 0;
        let sent = 0;
        for (const { pause, units } of messages) {
          now += pause;
          if (allowances.waitMs('a', now) > 0) continue;
          allowances.charge('a', units, now);
          sent += units;
          expect(sent).toBeLessThanOrEqual(allowance.atOnce + (now * allowance.perSecond) / 1000 + 20);
        }
      }),
    );
  });
});
