import { expect, it } from 'vitest';
import { fault, operation } from '../../fixtures/faults.js';
import { SCOPE } from '../../fixtures/sample.js';
import type { HistoryEntry } from '../history.js';
import { checkReopening } from './check-reopening.js';

const ended = (at: number): HistoryEntry => ({ entry: 'watch', what: 'end', watch: 'w', at, code: 503 });
const resumed = (at: number, revision = 1): HistoryEntry => ({
  entry: 'watch',
  what: 'resume',
  watch: 'w',
  scope: SCOPE,
  at,
  revision,
});
const found = (...history: HistoryEntry[]) => checkReopening(history).map(({ message }) => message);

it('accepts a watch that goes on soon after it has ended, or after the processes are ready again', () => {
  expect(found(ended(1000), ended(5000), resumed(10_000))).toEqual([]);
  expect(found(ended(12_000), ended(20_000), resumed(29_000), fault({ ready: 20_000 }))).toEqual([]);
});

it('finds one that is refused for longer, or to the end', () => {
  expect(found(ended(1000), ended(5000), resumed(12_000))).toEqual(['w could not be opened again for 11.0 s']);
  expect(found(ended(1000), operation(30_000))).toEqual(['w could not be opened again for 29.0 s']);
});

it('finds one that goes on further than it was shown', () => {
  const bookmark: HistoryEntry = { entry: 'watch', what: 'bookmark', watch: 'w', at: 2000, revision: 5 };
  expect(found(resumed(1000), bookmark, ended(3000), resumed(4000, 5))).toEqual([]);
  expect(found(resumed(1000), bookmark, ended(3000), resumed(4000, 6))).toEqual([
    'w goes on from 6, and was shown all up to 5',
  ]);
});
