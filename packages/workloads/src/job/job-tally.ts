import { isPodReady, type Job, type JobStatus, type Pod, type Stored } from '@everynode/objects';
import { isPodActive, isPodDeleting, isPodTerminal } from '../pods/pod-state.js';
import { formatIndexes, indexOf, parseIndexes } from './indexes.js';

/** A pod has it until its end is counted in the status. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

export const isTracked = ({ metadata }: Pick<Pod, 'metadata'>): boolean =>
  metadata?.finalizers?.includes(TRACKING_FINALIZER) ?? false;

type Uncounted = Required<NonNullable<JobStatus['uncountedTerminatedPods']>>;

/** What the pods of a Job add up to. */
export interface JobTally {
  active: Stored<Pod>[];
  ready: number;
  terminating: number;
  /** All pods that ended, whether they are in the counters of the status or still uncounted. */
  succeeded: number;
  failed: number;
  /** Those that are uncounted after this pass, and the counters with what this pass takes over. */
  uncounted: Uncounted;
  counters: { succeeded: number; failed: number };
  /** Indexes that have succeeded, of an Indexed Job. */
  completed: Set<number>;
  /** When a pod last failed, ms since the epoch. */
  lastFailureAt: number;
}

export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';

/**
 * A pod that is being deleted has failed, where the Job does not wait for its end.
 * Source: job_controller.go, isPodFailed.
 */
function isFailed(pod: Pod, { spec }: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return spec?.podReplacementPolicy !== 'Failed' && isPodDeleting(pod) && pod.status?.phase !== 'Succeeded';
}

/**
 * Counts the pods of a Job. A pod that has ended is first noted by its uid, then loses its finalizer, and then counts
 * in a number of the status: so none counts twice, and none is lost.
 * Source: pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers.
 */
export function tallyOf(job: Job, pods: readonly Stored<Pod>[]): JobTally {
  const { status = {} } = job;
  const tracked = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
  const counters = { succeeded: status.succeeded ?? 0, failed: status.failed ?? 0 };
  const uncounted: Uncounted = { succeeded: [], failed: [] };
  for (const kind of ['succeeded', 'failed'] as const) {
    for (const uid of status.uncountedTerminatedPods?.[kind] ?? []) {
      if (tracked.has(uid)) uncounted[kind].push(uid);
      else if (kind === 'failed' || !isIndexed(job)) counters[kind] += 1;
    }
  }
  const completed = parseIndexes(status.completedIndexes, job.spec?.completions ?? 0);
  const known = new Set([...uncounted.succeeded, ...uncounted.failed]);
  let lastFailureAt = 0;
  for (const pod of pods) {
    const { uid } = pod.metadata;
    const hasSucceeded = pod.status?.phase === 'Succeeded';
    const hasFailed = !hasSucceeded && isFailed(pod, job);
    if (hasFailed) lastFailureAt = Math.max(lastFailureAt, finishedAt(pod));
    if (hasSucceeded && isIndexed(job) && isTracked(pod)) completed.add(indexOf(pod) ?? -1);
    if (!isTracked(pod) || known.has(uid)) continue;
    if (hasSucceeded) uncounted.succeeded.push(uid);
    else if (hasFailed) uncounted.failed.push(uid);
  }
  const within = new Set([...completed].filter((i) => i >= 0 && i < (job.spec?.completions ?? 0)));
  if (isIndexed(job)) counters.succeeded = within.size;
  const active = pods.filter(isPodActive);
  return {
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => isPodDeleting(pod) && !isPodTerminal(pod)).length,
    succeeded: isIndexed(job) ? within.size : counters.succeeded + uncounted.succeeded.length,
    failed: counters.failed + uncounted.failed.length,
    uncounted,
    counters,
    completed: within,
    lastFailureAt,
  };
}

/** When the last container ended; 0 where that is not known. */
function finishedAt({ status, metadata }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''));
  const last = Math.max(0, ...ends.filter((at) => !Number.isNaN(at)));
  return last > 0 ? last : Date.parse(metadata?.deletionTimestamp ?? '') || 0;
}

/** The indexes that have no pod yet and have not succeeded, lowest first. */
export function missingIndexes({ spec }: Job, { active, completed }: JobTally, count: number): number[] {
  const taken = new Set(active.map(indexOf));
  const missing: number[] = [];
  for (let i = 0; i < (spec?.completions ?? 0) && missing.length < count; i += 1) {
    if (!completed.has(i) && !taken.has(i)) missing.push(i);
  }
  return missing;
}

/** The part of the status that is made of counts. */
export function countsOf(job: Job, tally: JobTally): JobStatus {
  const { active, ready, terminating, counters, uncounted, completed } = tally;
  const { succeeded, failed } = uncounted;
  return {
    ...(active.length > 0 && { active: active.length }),
    ready,
    terminating,
    ...(counters.succeeded > 0 && { succeeded: counters.succeeded }),
    ...(counters.failed > 0 && { failed: counters.failed }),
    ...(isIndexed(job) && completed.size > 0 && { completedIndexes: formatIndexes(completed) }),
    uncountedTerminatedPods: { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) },
  };
}
