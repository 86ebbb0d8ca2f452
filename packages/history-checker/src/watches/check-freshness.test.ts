import { expect, it } from 'vitest';
import { operation } from '../../fixtures/faults.js';
import { SCOPE } from '../../fixtures/sample.js';
import type { HistoryEntry } from '../history.js';
import { checkFreshness } from './check-freshness.js';

const list = (began: number | undefined, revision: number): HistoryEntry => ({
  entry: 'watch',
  what: 'list',
  watch: 'w',
  scope: SCOPE,
  ...(began !== undefined && { began }),
  at: 5000,
  revision,
  items: [],
});
const found = (one: HistoryEntry) => checkFreshness([operation(1000, { revision: 7 }), one]).length;

it('finds a list of the newest state that is older than an answer before it', () => {
  expect(found(list(2000, 7))).toBe(0);
  expect(found(list(2000, 6))).toBe(1);
});

it('accepts an older one that began before that answer, or that may be stale', () => {
  expect(found(list(1050, 6))).toBe(0);
  expect(found(list(undefined, 6))).toBe(0);
});
