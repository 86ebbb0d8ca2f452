import { parseGoDuration } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { Query } from './query.js';
import { requestMsOf } from './request-deadline.js';

describe('durations', () => {
  it.each([
    ['0', 0],
    ['34s', 34_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250ms', 250],
    ['-3s', -3000],
    ['10', undefined],
    ['', undefined],
    ['s', undefined],
    ['1d', undefined],
    ['+-1s', undefined],
    ['invalid', undefined],
  ])('%s', (text, expected) => {
    expect(parseGoDuration(text)).toBe(expected);
  });

  it.each([
    ['', 60_000],
    ['timeout=5s', 5000],
    ['timeout=5m', 60_000],
    ['timeout=0s', 60_000],
    ['timeout=-1s', 60_000],
  ])('a request with %s has %i ms', (search, expected) => {
    expect(requestMsOf(new Query(search), 60_000)).toBe(expected);
  });
});
