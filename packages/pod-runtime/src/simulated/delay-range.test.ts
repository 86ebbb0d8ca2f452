import { describe, expect, it } from 'vitest';
import { delayRangeOf, parseDelayRange, pickDelay } from './delay-range.js';

describe('a range of delays', () => {
  it.each([
    { text: '200', range: { fromMs: 200, toMs: 200 } },
    { text: ' 0 ', range: { fromMs: 0, toMs: 0 } },
    { text: '200-800', range: { fromMs: 200, toMs: 800 } },
    { text: '200-200', range: { fromMs: 200, toMs: 200 } },
    { text: '800-200', range: undefined },
    { text: '-5', range: undefined },
    { text: '1.5', range: undefined },
    { text: '200 ms', range: undefined },
    { text: '200-', range: undefined },
    { text: '', range: undefined },
  ])('is parsed from "$text"', ({ text, range }) => {
    expect(delayRangeOf(text)).toEqual(range);
    if (range) expect(parseDelayRange(text)).toEqual(range);
    else expect(() => parseDelayRange(text)).toThrow(`not a delay in ms: ${JSON.stringify(text)}`);
  });

  it('is parsed from a number', () => {
    expect(parseDelayRange(300)).toEqual({ fromMs: 300, toMs: 300 });
  });

  it.each([
    { random: 0, ms: 100 },
    { random: 0.5, ms: 150 },
    { random: 0.999, ms: 200 },
  ])('contains the delay that $random draws', ({ random, ms }) => {
    expect(pickDelay({ fromMs: 100, toMs: 200 }, () => random)).toBe(ms);
  });
});
