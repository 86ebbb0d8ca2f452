import { describe, expect, it } from 'vitest';
import { countCrash, crashBackoffMs, pullBackoffMs } from './restart-backoff.js';

describe('back-off', () => {
  it.each([
    { failures: 1, crashMs: 0, pullMs: 10_000 },
    { failures: 2, crashMs: 10_000, pullMs: 20_000 },
    { failures: 3, crashMs: 20_000, pullMs: 40_000 },
    { failures: 6, crashMs: 160_000, pullMs: 300_000 },
    { failures: 7, crashMs: 300_000, pullMs: 300_000 },
    { failures: 2000, crashMs: 300_000, pullMs: 300_000 },
  ])('after $failures failures in a row', ({ failures, crashMs, pullMs }) => {
    expect({ crashMs: crashBackoffMs(failures), pullMs: pullBackoffMs(failures) }).toEqual({ crashMs, pullMs });
  });

  it.each([
    { crashes: 0, ranMs: 0, counted: 1 },
    { crashes: 4, ranMs: 599_999, counted: 5 },
    { crashes: 4, ranMs: 600_000, counted: 1 },
  ])('counts crash $counted after $crashes and a run of $ranMs ms', ({ crashes, ranMs, counted }) => {
    expect(countCrash(crashes, ranMs)).toBe(counted);
  });
});
