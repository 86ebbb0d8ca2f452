import { describe, expect, it } from 'vitest';
import { nanosecondSuffix } from './event-names.js';

describe('the names of events', () => {
  it('are the nanoseconds of the event', () => {
    const suffix = nanosecondSuffix(() => 0.5);
    expect(suffix(1_700_000_000_000)).toBe(1_700_000_000_000_500_000n.toString(16));
  });

  it('are in the order of the events, and never the same, also when the clock steps back', () => {
    const draws = [0.9, 0.1, 0.5, 0.2];
    const suffix = nanosecondSuffix(() => draws.shift() ?? 0);
    const names = [suffix(5000), suffix(5000), suffix(4000), suffix(5001)];
    expect([...names].sort()).toEqual(names);
    expect(new Set(names).size).toBe(4);
  });
});
