import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageSince, formatAge } from './index.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

describe('formatAge', () => {
  it.each([
    [-2 * SECOND, '<invalid>'],
    [-1.9 * SECOND, '0s'],
    [0.9 * SECOND, '0s'],
    [119.9 * SECOND, '119s'],
    [600 * SECOND, '10m'],
    [3 * HOUR, '3h'],
    [7.99 * HOUR, '7h59m'],
    [8.5 * HOUR, '8h'],
    [47.9 * HOUR, '47h'],
    [8 * DAY - HOUR, '7d23h'],
    [729 * DAY, '729d'],
    [730 * DAY, '2y'],
    [731 * DAY, '2y1d'],
    [3650 * DAY, '10y'],
  ])('%d ms is %s', (elapsed, text) => {
    expect(formatAge(elapsed)).toBe(text);
  });

  it('never shows more than was, and loses less than its smallest unit', () => {
    const units: Record<string, number> = { s: SECOND, m: 60 * SECOND, h: HOUR, d: DAY, y: 365 * DAY };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 * 365 * DAY }), (elapsed) => {
        const parts = [...formatAge(elapsed).matchAll(/(\d+)([smhdy])/g)];
        const shown = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? Number.NaN), 0);
        expect(shown).toBeLessThanOrEqual(elapsed);
        expect(elapsed - shown).toBeLessThan(units[parts.at(-1)?.[2] ?? ''] ?? 0);
      }),
    );
  });
});

describe('ageSince', () => {
  const now = Date.parse('2026-01-01T00:00:10Z');

  it.each([
    ['2026-01-01T00:00:00Z', '10s'],
    ['2026-01-01T00:00:00.500000Z', '9s'],
    ['2026-01-01T00:00:20Z', '<invalid>'],
    [null, '<unknown>'],
    [undefined, '<unknown>'],
    ['', '<unknown>'],
  ])('of %s is %s', (time, age) => {
    expect(ageSince(time, now)).toBe(age);
  });
});
