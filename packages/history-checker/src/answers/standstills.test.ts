import { describe, expect, it } from 'vitest';
import { fault, operation, RUN } from '../../fixtures/faults.js';
import type { HistoryEntry } from '../history.js';
import { checkPatience } from './check-patience.js';
import { checkStandstills, longestStandstill } from './standstills.js';

const write = (at: number): HistoryEntry => operation(at - 100, { action: { do: 'put', value: '1' } });
const refused = (at: number): HistoryEntry =>
  operation(at - 100, { action: { do: 'put', value: '1' }, outcome: 'refused', status: 503, retryAfter: true });
const writes = (...times: number[]): HistoryEntry[] => [RUN, ...times.map(write)];
const found = (history: HistoryEntry[]) => checkStandstills(history).map(({ message }) => message);
const stopsWrites = { writes: { meanwhile: true, limitMs: 5000 } };

describe('checkStandstills', () => {
  it('finds a time without an acknowledged write that no fault explains', () => {
    expect(found(writes(1000, 8000, 15_000))).toEqual([]);
    expect(found(writes(1000, 10_000))).toEqual([
      'no write was acknowledged for 9.0 s, 9.0 s of it beyond what faults excuse',
    ]);
  });

  it('finds writers that are refused to the end', () => {
    const outage = [2000, 5000, 8000, 12_000].map(refused);
    expect(found([...writes(1000), ...outage])).toHaveLength(1);
  });

  it('finds the same of reads', () => {
    expect(found([RUN, operation(1000), operation(15_000)])).toEqual([expect.stringContaining('no read was answered')]);
  });

  it('allows no write while a fault lasts that stops all, and soon after that demands one', () => {
    const away = fault({ healed: 70_000, effects: stopsWrites });
    expect(found([...writes(9900, 77_000), away])).toEqual([]);
    expect(found([...writes(9900, 79_000), away])).toHaveLength(1);
  });

  it('demands a write while a fault lasts that may stop none, such as a writer that holds the counter row', () => {
    const held = fault({ healed: 30_000 });
    expect(found([...writes(9900, 17_000, 24_000, 31_000), held])).toEqual([]);
    expect(found([...writes(9900, 19_000, 26_000, 31_000), held])).toHaveLength(1);
  });

  it('takes the limit of the fault: less for both apis killed, more for a server that recovers', () => {
    const within = (limitMs: number) => fault({ effects: { writes: { meanwhile: false, limitMs } } });
    expect(found([...writes(9900, 15_800), within(3000)])).toEqual([]);
    expect(found([...writes(9900, 16_500), within(3000)])).toHaveLength(1);
    expect(found([...writes(9900, 22_000), within(10_000)])).toEqual([]);
  });

  it('excuses nothing by a fault that never struck', () => {
    expect(found([...writes(9900, 30_000), fault({ healed: 70_000, strikes: [], effects: stopsWrites })])).toHaveLength(
      1,
    );
  });

  it('allows no answer while every api is stopped at one time', () => {
    const stopped = (api: string, began: number) =>
      fault({ began, injected: began, healed: 30_000, ready: 31_000, down: [api] });
    expect(found([...writes(9900, 31_000), stopped('api-1', 10_000), stopped('api-2', 10_000)])).toEqual([]);
    expect(found([...writes(9900, 31_000), stopped('api-1', 10_000), stopped('api-2', 25_000)])).toHaveLength(1);
  });

  it('allows no answer while one api is stopped and the other does not reach the store', () => {
    const stopped = fault({ healed: 30_000, ready: 31_000, down: ['api-1'] });
    const held = (target: string) => fault({ healed: 30_000, target, effects: { cutsOff: true } });
    expect(found([...writes(9900, 31_000), stopped, held('api-2')])).toEqual([]);
    expect(found([...writes(9900, 31_000), stopped, held('api-1')])).toHaveLength(1);
  });

  it('allows more on a machine for which the run allows more', () => {
    const busy: HistoryEntry = { ...RUN, recoveryMs: 20_000 };
    expect(found([busy, write(1000), write(11_000)])).toEqual([]);
    expect(found([busy, write(1000), write(13_000)])).toHaveLength(1);
  });
});

describe('longestStandstill', () => {
  it('measures the longest time between successes within a time', () => {
    expect(longestStandstill(writes(1000, 3000, 10_000, 11_000), 'writes', { from: 0, to: 8000 })).toBe(5000);
  });
});

describe('checkPatience', () => {
  const gaveUp = (began: number, more = {}): HistoryEntry =>
    operation(began, { ended: began + 5000, outcome: 'unknown', error: 'gave up', ...more });
  const streak = (...times: number[]) => [RUN, ...times.map((at) => gaveUp(at))];
  const found = (history: HistoryEntry[]) => checkPatience(history).length;

  it('finds a client that gives up again and again, though others are answered', () => {
    expect(found([...streak(0, 5000), operation(10_000), gaveUp(11_000), gaveUp(16_000)])).toBe(0);
    expect(found(streak(0, 5000, 10_000))).toBe(1);
    expect(found([RUN, gaveUp(0), gaveUp(5000, { client: 'two' }), gaveUp(10_000)])).toBe(1);
  });

  it('allows it while a fault lasts that stops all, or without a front door', () => {
    const times = [10_000, 15_000, 20_000, 25_000];
    expect(found([...streak(...times), fault({ healed: 25_000, effects: stopsWrites })])).toBe(0);
    expect(found([...streak(...times), fault({ healed: 25_000, down: ['supervisor'] })])).toBe(0);
    expect(found([...streak(...times), fault({ healed: 25_000, down: ['api-1'] })])).toBe(1);
  });

  it('does not mind those that hang up on purpose', () => {
    expect(found([RUN, ...[0, 5000, 10_000].map((at) => gaveUp(at, { outcome: 'refused' }))])).toBe(0);
  });
});
