import type { Job, Pod, Stored } from '@everynode/objects';
import { type FailureMatch, matchFailurePolicy } from './failure-policy.js';
import { indexOf } from './indexes.js';

const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';
const MAX_COUNT = 2 ** 31 - 1;

/** True where each index of a Job has a limit of its own. */
export const hasLimitPerIndex = ({ spec }: Job): boolean => spec?.backoffLimitPerIndex !== undefined;

/** A count that cannot be read is none. Source: indexed_job_utils.go, parseIndexFailureCountAnnotation. */
function countOf({ metadata }: Pod, key: string): number {
  const text = metadata?.annotations?.[key] ?? '';
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  return count <= MAX_COUNT ? count : 0;
}

/** How often the index of a pod had failed before it, whether that counted or not. */
export const failuresBefore = (pod: Pod): number => countOf(pod, FAILURES) + countOf(pod, IGNORED);

/** Whether the failure of a pod ends its index. Source: indexed_job_utils.go, isIndexFailed. */
export function endsIndex({ spec }: Job, pod: Pod, { action, isCounted }: FailureMatch): boolean {
  return action === 'FailIndex' || (isCounted && countOf(pod, FAILURES) >= (spec?.backoffLimitPerIndex ?? 0));
}

/** The annotations of the pod that follows a failed one on its index. Source: addIndexFailureCountAnnotation. */
export function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!hasLimitPerIndex(job)) return {};
  const { isCounted } = replaced ? matchFailurePolicy(job, replaced) : { isCounted: false };
  const failures = replaced ? countOf(replaced, FAILURES) + (isCounted ? 1 : 0) : 0;
  const ignored = replaced ? countOf(replaced, IGNORED) + (isCounted ? 0 : 1) : 0;
  return { [FAILURES]: String(failures), ...(ignored > 0 && { [IGNORED]: String(ignored) }) };
}

/**
 * Returns the failed pod of each index that has to stay until the one that follows it is there: it knows how often the
 * index has failed. `isOver`: true for an index that gets no other pod.
 * Source: indexed_job_utils.go, getPodsWithDelayedDeletionPerIndex.
 */
export function awaitingReplacement(
  failed: readonly Stored<Pod>[],
  isOver: (index: number) => boolean,
  finishedAt: (pod: Pod) => number,
): Map<number, Stored<Pod>> {
  const waiting = new Map<number, Stored<Pod>>();
  for (const pod of failed) {
    const index = indexOf(pod);
    if (index === undefined || isOver(index)) continue;
    const known = waiting.get(index);
    const isLater = !known || (failuresBefore(known) <= failuresBefore(pod) && finishedAt(pod) >= finishedAt(known));
    if (isLater) waiting.set(index, pod);
  }
  return waiting;
}
