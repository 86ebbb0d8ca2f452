import { describe, expect, it } from 'vitest';
import { NewestIncarnations } from './newest-incarnations.js';

const DAY_MS = 24 * 3600_000;

describe('NewestIncarnations', () => {
  it('accepts a later process, and the earlier one no more', () => {
    const newest = new NewestIncarnations();
    expect([1, 1, 3, 2, 3].map((incarnation, at) => newest.accept('a', incarnation, at))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(newest.accept('b', 1, 9)).toBe(true);
  });

  it('forgets agents that are silent for a day, and not those that speak', () => {
    const newest = new NewestIncarnations();
    for (let i = 0; i < 100; i += 1) newest.accept(`gone-${i}`, 1, 0);
    newest.accept('speaks', 2, 0);
    newest.accept('speaks', 2, DAY_MS - 1);
    newest.accept('other', 1, DAY_MS);
    expect(newest.size).toBe(2);
    expect(newest.accept('speaks', 1, DAY_MS)).toBe(false);
  });
});
