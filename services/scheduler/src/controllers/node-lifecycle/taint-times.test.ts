import type { Taint } from '@everynode/objects';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TaintTimes } from './taint-times.js';

const MINUTE = 60_000;

type Observed = Parameters<TaintTimes['observe']>[0];

/** A node as the times of taints look at it. */
const node = (...taints: Partial<Taint>[]): Observed => ({
  record: { name: 'node-1' } as Observed['record'],
  desired: { spec: { taints: taints.map((taint) => ({ key: 'out', effect: 'NoExecute', ...taint })) } },
});

/** How long the first taint has counted, in whole seconds. */
const age = (times: TaintTimes, of: Observed): number =>
  Math.round((performance.now() - (times.activeTaints(of)[0]?.sinceMs ?? Number.NaN)) / 1000);

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-01-01T00:00:00Z') }));
afterEach(() => void vi.useRealTimers());

it.each([
  ['dated', '2026-01-01T00:00:00Z'],
  ['undated', undefined],
])('counts a taint that appears from then on, whatever the clocks do: %s', (_what, timeAdded) => {
  for (const step of [-10 * MINUTE, 10 * MINUTE]) {
    const times = new TaintTimes();
    const tainted = node({ ...(timeAdded !== undefined && { timeAdded }) });
    times.observe(tainted, true);
    vi.advanceTimersByTime(5000);
    vi.setSystemTime(Date.now() + step);
    times.observe(tainted, true);
    expect(age(times, tainted)).toBe(5);
  }
});

it('goes on with the count of an earlier process, and believes no time ahead of its own', () => {
  const times = new TaintTimes();
  const old = node({ timeAdded: '2025-12-31T23:59:00Z' });
  times.observe(old, false);
  expect(age(times, old)).toBe(60);
  const ahead = node({ timeAdded: '2026-01-01T00:10:00Z' });
  times.observe(ahead, false);
  expect(age(times, ahead)).toBe(0);
});

it('counts a taint that was taken away and added again anew', () => {
  const times = new TaintTimes();
  times.observe(node({}), true);
  vi.advanceTimersByTime(5000);
  times.observe(node(), true);
  times.observe(node({}), true);
  expect(age(times, node({}))).toBe(0);
});
