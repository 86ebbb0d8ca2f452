import { expect, it } from 'vitest';
import { operation } from '../../fixtures/faults.js';
import type { HistoryEntry } from '../history.js';
import { checkMarks } from './check-marks.js';

const stale = (began: number, warned: boolean): HistoryEntry => ({
  entry: 'stale-read',
  path: '/api/v1/nodes?resourceVersion=0',
  began,
  ended: began + 100,
  status: 200,
  warned,
});
const answered = (at: number): HistoryEntry => operation(at, { status: 200 });
const refused = (at: number): HistoryEntry => operation(at, { outcome: 'refused', status: 503 });
const found = (...history: HistoryEntry[]) => checkMarks(history).length;

it('finds a stale read without a warning when the store has not been read for a while', () => {
  expect(found(answered(1000), refused(15_000), stale(20_000, true))).toBe(0);
  expect(found(answered(1000), refused(15_000), stale(20_000, false))).toBe(1);
});

it('accepts one without a warning while, or soon after, reads of the newest state are answered', () => {
  expect(found(answered(1000), answered(11_000), stale(20_000, false))).toBe(0);
  expect(found(stale(20_000, false))).toBe(0);
});
