import { goQuoted } from '../go-print.js';

/** How many indexes a text such as `0-2,5` names. Source: pkg/apis/batch/validation validateIndexesFormat. */
export function countIndexes(text: string, completions: number): number | { error: string } {
  if (text === '') return 0;
  let last = -1;
  let total = 0;
  for (const interval of text.split(',')) {
    const limits = interval.split('-');
    if (limits.length > 2) {
      const rule = "violates the requirement that an index interval can have at most two parts separated by '-'";
      return { error: `the fragment ${goQuoted(interval)} ${rule}` };
    }
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) return { error: `cannot convert string to integer for index: ${goQuoted(limit)}` };
      if (Number(limit) >= completions) return { error: `too large index: ${goQuoted(limit)}` };
    }
    const [first = 0, end] = limits.map(Number);
    if (end !== undefined && first >= end) return { error: notIncreasing(first, end) };
    if (total > 0 && last >= first) return { error: notIncreasing(last, first) };
    last = end ?? first;
    total += last - first + 1;
  }
  return total;
}

const notIncreasing = (previous: number, current: number): string =>
  `non-increasing order, previous: ${previous}, current: ${current}`;

/** The intervals that a text names, as far as they can be read. */
export function indexIntervals(text: string, completions: number): [first: number, last: number][] {
  return text.split(',').flatMap((interval): [number, number][] => {
    if (interval === '' || typeof countIndexes(interval, completions) !== 'number') return [];
    const [first = 0, last = first] = interval.split('-').map(Number);
    return [[first, last]];
  });
}
