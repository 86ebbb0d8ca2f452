import { describe, expect, it } from 'vitest';
import type { Fault } from '../faults/fault.js';
import { FAULTS, FIRST_FAULTS } from '../faults/index.js';
import { SeededRandom } from './random.js';
import { planSteps } from './schedule.js';

const plan = (seed: number, minutes: number, first: readonly Fault[] = []) =>
  planSteps(
    { faults: FAULTS, first, budgetMs: minutes * 60_000, longestMs: 20_000, mixed: 0.25, atRest: 0.4 },
    new SeededRandom(seed),
  );
const named = (seed: number, minutes: number) =>
  plan(seed, minutes).map(({ faults, holdMs }) => [...faults.map(({ name }) => name), holdMs]);
const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

describe('planSteps', () => {
  it('plans the same steps for the same seed, and others for another', () => {
    expect(named(7, 5)).toEqual(named(7, 5));
    expect(named(7, 5)).not.toEqual(named(8, 5));
  });

  it('injects every fault, alone or mixed, when there is time', () => {
    const injected = new Set(named(7, 60).flat());
    expect(FAULTS.filter(({ name }) => !injected.has(name))).toEqual([]);
    expect(plan(7, 60).some(({ faults }) => faults.length === 2)).toBe(true);
    expect(new Set(plan(7, 60).map(({ isAtRest }) => isAtRest))).toEqual(new Set([true, false]));
  });

  it('keeps to the time, and to the longest fault unless one shows nothing then', () => {
    const steps = plan(7, 3);
    expect(steps.reduce((sum, { holdMs }) => sum + holdMs, 0)).toBeLessThan(3 * 60_000);
    for (const { faults, holdMs } of steps) {
      expect(holdMs).toBeLessThanOrEqual(Math.max(20_000, ...faults.map(({ leastMs = 0 }) => leastMs)));
    }
  });

  it.each(SEEDS)('begins with the first faults, each once, with the seed %s', (seed) => {
    const steps = plan(seed, 60, FIRST_FAULTS);
    const names = steps.flatMap(({ faults }) => faults.map(({ name }) => name)).slice(0, FIRST_FAULTS.length);
    expect(names.sort()).toEqual(FIRST_FAULTS.map(({ name }) => name).sort());
  });

  it.each(SEEDS)('mixes only faults that leave each other what they strike, with the seed %s', (seed) => {
    for (const { faults, isAtRest } of plan(seed, 60, FIRST_FAULTS)) {
      const touched = faults.flatMap(({ touches }) => [...new Set(touches)]);
      expect(touched).toHaveLength(new Set(touched).size);
      expect(isAtRest && faults.some(({ needsEdits }) => needsEdits)).toBe(false);
    }
  });
});

describe('FAULTS', () => {
  it('have names of their own', () => {
    const names = FAULTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('come first where they have broken a promise before', () => {
    expect(FIRST_FAULTS.length).toBeGreaterThan(20);
  });
});
