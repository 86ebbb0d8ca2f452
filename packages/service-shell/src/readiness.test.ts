import { afterEach, describe, expect, it, vi } from 'vitest';
import { Readiness } from './index.js';

const FIRST = Date.parse('2026-01-01T00:00:00Z');

describe('Readiness', () => {
  let now = FIRST;
  let trouble: string | undefined;
  const readinessOf = (options: { gates?: boolean } = {}): Readiness => {
    now = FIRST;
    trouble = undefined;
    const readiness = new Readiness(() => now);
    readiness.add('start', () => undefined);
    readiness.add('store', () => trouble, options);
    return readiness;
  };
  afterEach(() => vi.useRealTimers());

  it('is ready when every condition holds', () => {
    expect(readinessOf().report()).toEqual({
      ready: true,
      lines: ['[+]start ok', '[+]store ok'],
      results: [
        { name: 'start', holds: true },
        { name: 'store', holds: true },
      ],
    });
  });

  it('shows the reason of a condition that does not hold, and since when', () => {
    const readiness = readinessOf();
    trouble = 'away';
    readiness.report();
    now += 5000;
    trouble = 'still away';
    expect(readiness.report()).toEqual({
      ready: false,
      lines: ['[+]start ok', '[-]store failed: still away (since 2026-01-01T00:00:00.000Z)'],
      results: [
        { name: 'start', holds: true },
        { name: 'store', holds: false },
      ],
    });
  });

  it('counts from the last time that the condition held', () => {
    const readiness = readinessOf();
    for (const reason of ['away', undefined, 'away again']) {
      trouble = reason;
      now += 1000;
      readiness.report();
    }
    expect(readiness.report().lines[1]).toBe('[-]store failed: away again (since 2026-01-01T00:00:03.000Z)');
  });

  it('stays ready, degraded, without a condition that does not gate', () => {
    const readiness = readinessOf({ gates: false });
    expect(readiness.report().lines[1]).toBe('[+]store ok');
    trouble = 'away';
    expect(readiness.report()).toEqual({
      ready: true,
      lines: ['[+]start ok', '[!]store degraded: away (since 2026-01-01T00:00:00.000Z)'],
      results: [
        { name: 'start', holds: true },
        { name: 'store', holds: false },
      ],
    });
  });

  it('does not count conditions that the prober excludes, and goes on timing them', () => {
    const readiness = readinessOf();
    trouble = 'away';
    expect(readiness.report(['store'])).toEqual({
      ready: true,
      lines: ['[+]start ok', '[+]store excluded: ok'],
      results: [{ name: 'start', holds: true }],
    });
    now += 1000;
    expect(readiness.report().lines[1]).toBe('[-]store failed: away (since 2026-01-01T00:00:00.000Z)');
  });

  it('times a failure also when no probe asks', () => {
    vi.useFakeTimers({ now: FIRST });
    const readiness = readinessOf();
    const stop = readiness.follow(1000);
    trouble = 'away';
    vi.advanceTimersByTime(1000);
    now += 30_000;
    stop();
    expect(readiness.report().lines[1]).toBe('[-]store failed: away (since 2026-01-01T00:00:00.000Z)');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('names its conditions in the order in which they were added', () => {
    expect(readinessOf().names).toEqual(['start', 'store']);
  });
});
