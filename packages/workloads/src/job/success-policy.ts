import type { Job } from '@everynode/objects';
import { parseIndexes } from './indexes.js';

/**
 * Returns which rule of the success policy the succeeded indexes meet, in upstream's words; undefined where none.
 * Source: pkg/controller/job/success_policy.go, matchSuccessPolicy.
 */
export function matchSuccessPolicy({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  const rules = spec?.successPolicy?.rules ?? [];
  if (succeeded.size === 0) return undefined;
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const asked = [...parseIndexes(succeededIndexes, spec?.completions ?? 0)];
    if (asked.length === 0) return false;
    const met = asked.filter((one) => succeeded.has(one)).length;
    return met === asked.length || (succeededCount !== undefined && met >= succeededCount);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
