import { describe, expect, it } from 'vitest';
import { incarnationOf, reportOrder } from './report-order.js';

describe('the order of reports', () => {
  it('is by incarnation first, then by number', () => {
    const incarnation = Date.UTC(2026, 0, 1) / 1000;
    expect(reportOrder(incarnation, 2)).toBeGreaterThan(reportOrder(incarnation, 1));
    expect(reportOrder(incarnation + 1, 0)).toBeGreaterThan(reportOrder(incarnation, 1_000_000));
  });

  it('is exact up to the greatest incarnation, and goes on past the numbers of one', () => {
    expect(Number.isSafeInteger(reportOrder(2 ** 31 - 1, 2 ** 22 - 1))).toBe(true);
    expect(reportOrder(7, 2 ** 22 + 1)).toBeGreaterThan(reportOrder(7, 2 ** 22));
  });

  it('tells the incarnation', () => {
    expect(incarnationOf(reportOrder(2 ** 31 - 1, 2 ** 22 - 1))).toBe(2 ** 31 - 1);
    expect(incarnationOf(0)).toBe(0);
  });
});
