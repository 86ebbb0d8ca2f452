import type { Job } from '@everynode/objects';

/**
 * Returns which rule of the success policy the succeeded indexes meet, in upstream's words; undefined where none.
 * Source: pkg/controller/job/success_policy.go, matchSuccessPolicy.
 */
export function matchSuccessPolicy({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  const rules = spec?.successPolicy?.rules ?? [];
  if (succeeded.size === 0 || rules.length === 0) return undefined;
  const sorted = [...succeeded].sort((a, b) => a - b);
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const asked = rangesOf(succeededIndexes, spec?.completions ?? 0);
    const total = asked.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    const met = countWithin(sorted, asked);
    return total > 0 && (met === total || (succeededCount !== undefined && met >= succeededCount));
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}

type Range = readonly [first: number, last: number];

/** Reads `0-2,5`, without what is not below the number of completions. A range is as long as a client likes. */
const rangesOf = (text: string, below: number): Range[] =>
  text.split(',').flatMap((part): Range[] => {
    const [first = '', last = first] = part.split('-');
    const end = Math.min(Number(last), below - 1);
    return /^\d+$/.test(first) && Number(first) <= end ? [[Number(first), end]] : [];
  });

/** How many of the numbers are in the ranges. Both are in order. */
function countWithin(numbers: readonly number[], ranges: readonly Range[]): number {
  let count = 0;
  let at = 0;
  for (const [first, last] of ranges) {
    while (at < numbers.length && (numbers[at] ?? 0) < first) at += 1;
    for (; at < numbers.length && (numbers[at] ?? 0) <= last; at += 1) count += 1;
  }
  return count;
}
