import type { Job } from '@everynode/objects';
import { IndexSet } from './indexes.js';

/**
 * Returns which rule of the success policy the succeeded indexes meet, in upstream's words; undefined where none.
 * Source: pkg/controller/job/success_policy.go, matchSuccessPolicy.
 */
export function matchSuccessPolicy({ spec }: Job, succeeded: IndexSet): string | undefined {
  const rules = spec?.successPolicy?.rules ?? [];
  if (succeeded.size === 0 || rules.length === 0) return undefined;
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const asked = IndexSet.of(succeededIndexes, [], spec?.completions ?? 0);
    const met = succeeded.countWithin(asked);
    return asked.size > 0 && (met === asked.size || (succeededCount !== undefined && met >= succeededCount));
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
