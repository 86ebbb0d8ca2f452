import { describe, expect, it } from 'vitest';
import { type Backoff, durationText, stepped, waitsUntil } from './backoff.js';

describe('back-off', () => {
  it('is none at first, then 10 s, doubled up to 300 s, from the end of each run', () => {
    let backoff: Backoff | undefined;
    let nowMs = 0;
    const waits: number[] = [];
    for (let crash = 0; crash < 8; crash += 1) {
      const failedMs = nowMs + 5000;
      waits.push((waitsUntil(backoff, failedMs) - failedMs) / 1000);
      nowMs = waitsUntil(backoff, failedMs);
      backoff = stepped(backoff, failedMs, nowMs);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it.each([
    { failedMs: 600_000, waits: 80_000, next: 160_000 },
    { failedMs: 600_001, waits: 0, next: 10_000 },
  ])('after 80 s and a failure $failedMs ms after that: $waits ms', ({ failedMs, waits, next }) => {
    const backoff = { delayMs: 80_000, steppedMs: 0 };
    expect(waitsUntil(backoff, failedMs) - failedMs).toBe(waits);
    expect(stepped(backoff, failedMs, failedMs + waits).delayMs).toBe(next);
  });

  it.each([
    [0, '0s'],
    [10_000, '10s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
  ])('is written as Go writes it: %d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
