import { describe, expect, it } from 'vitest';
import { fault } from '../../fixtures/faults.js';
import { commonSpans, dueAfter, struckFaults, timeOutside } from './struck-faults.js';

const span = (from: number, to: number) => ({ from, to });

describe('dueAfter', () => {
  const faults = struckFaults([
    fault({ began: 40, injected: 40, healed: 60 }),
    fault({ began: 10, injected: 12, healed: 30 }),
    fault({ began: 10, injected: 10, healed: 900, strikes: [] }),
  ]);

  it.each([
    ['before every fault', -20, -10],
    ['after the heal of one that struck before it was due, and of the next one by that', 5, 70],
    ['within a fault', 45, 70],
    ['after all', 61, 71],
  ])('is %s', (_, since, due) => {
    expect(dueAfter(since, 10, faults)).toBe(due);
  });
});

describe('spans', () => {
  it('have in common what lies in one of each group', () => {
    const groups = [[span(0, 10), span(20, 30)], [span(5, 25)]];
    expect(commonSpans(groups)).toEqual([span(5, 10), span(20, 25)]);
    expect(commonSpans([...groups, []])).toEqual([]);
    expect(commonSpans([])).toEqual([]);
  });

  it('leave what lies in none of them', () => {
    expect(timeOutside(span(0, 100), [span(40, 60), span(50, 70), span(90, 200)])).toBe(60);
    expect(timeOutside(span(0, 100), [span(-10, 110)])).toBe(0);
    expect(timeOutside(span(0, 100), [])).toBe(100);
  });
});
