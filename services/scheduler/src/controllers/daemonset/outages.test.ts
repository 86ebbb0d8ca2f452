import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outages } from './outages.js';

// Only the clock is the test's: what is away is told by the sources.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

interface Source {
  trouble: string | undefined;
}

function watched() {
  const sources: Record<'store' | 'bus' | 'reflector', Source> = {
    store: { trouble: undefined },
    bus: { trouble: undefined },
    reflector: { trouble: undefined },
  };
  const stopping = new AbortController();
  const outages = new Outages({ ...sources, signal: stopping.signal });
  return { sources, outages, stop: () => stopping.abort() };
}

describe('the last outage that a scheduler knows of', () => {
  it.each([
    ['store', 'Postgres does not answer'],
    ['bus', 'not connected'],
    ['bus', 'JetStream does not answer'],
    ['reflector', 'the journal cannot be read'],
  ] as const)('is now while the %s says: %s', async (name, trouble) => {
    const { sources, outages, stop } = watched();
    await vi.advanceTimersByTimeAsync(2000);
    expect(outages.lastAt).toBe(Number.NEGATIVE_INFINITY);
    sources[name].trouble = trouble;
    await vi.advanceTimersByTimeAsync(3000);
    const duringOutage = performance.now();
    expect(outages.lastAt).toBe(duringOutage);
    sources[name].trouble = undefined;
    await vi.advanceTimersByTimeAsync(3000);
    expect(outages.lastAt).toBe(duringOutage);
    stop();
  });

  it('is none before everything has been well once', async () => {
    const { sources, outages, stop } = watched();
    sources.bus.trouble = 'not connected';
    await vi.advanceTimersByTimeAsync(5000);
    expect(outages.lastAt).toBe(Number.NEGATIVE_INFINITY);
    stop();
  });
});
