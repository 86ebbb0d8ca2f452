import { describe, expect, it } from 'vitest';
import { FAULTS } from '../faults/index.js';
import { SeededRandom } from './random.js';
import { planSteps } from './schedule.js';

const plan = (seed: number, minutes: number) =>
  planSteps(
    { faults: FAULTS, budgetMs: minutes * 60_000, longestMs: 20_000, mixed: 0.25, atRest: 0.4 },
    new SeededRandom(seed),
  );
const named = (seed: number, minutes: number) =>
  plan(seed, minutes).map(({ faults, holdMs }) => [...faults.map(({ name }) => name), holdMs]);

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

  it('keeps to the time and to the longest fault', () => {
    const steps = plan(7, 3);
    expect(steps.reduce((sum, { holdMs }) => sum + holdMs, 0)).toBeLessThan(3 * 60_000);
    expect(Math.max(...steps.map(({ holdMs }) => holdMs))).toBeLessThanOrEqual(20_000);
  });
});

describe('FAULTS', () => {
  it('have names of their own', () => {
    const names = FAULTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
