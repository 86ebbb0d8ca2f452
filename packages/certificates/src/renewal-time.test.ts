import fc from 'fast-check';
import { expect, it } from 'vitest';
import { renewalTime } from './renewal-time.js';

it.each([
  [0, 900, 600],
  [1000, 1003, 1002],
  [0, 1, 0],
  [5, 5, 5],
  [9, 5, 9],
])('from %i to %i: at %i', (notBefore, notAfter, at) => expect(renewalTime(notBefore, notAfter)).toBe(at));

it('leaves a third of the life for further attempts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 42 }), fc.integer({ min: 1, max: 2 ** 36 }), (from, life) => {
      const left = from + life - renewalTime(from, from + life);
      expect(left).toBeGreaterThanOrEqual(life / 3 - 1);
      expect(left).toBeLessThanOrEqual(life / 3 + 1);
    }),
  );
});
