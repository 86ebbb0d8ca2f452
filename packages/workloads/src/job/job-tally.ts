import { isPodReady, type Job, type JobStatus, type Pod, type Stored } from '@everynode/objects';
import { isPodActive, isPodDeleting, isPodTerminal } from '../pods/pod-state.js';
import { type FailureMatch, matchFailurePolicy } from './failure-policy.js';
import { awaitingReplacement, endsIndex, hasLimitPerIndex } from './index-failures.js';
import { IndexSet, indexOf } from './indexes.js';

/** A pod has it until its end is counted in the status. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

export const isTracked = ({ metadata }: Pick<Pod, 'metadata'>): boolean =>
  metadata?.finalizers?.includes(TRACKING_FINALIZER) ?? false;

/** A status notes no more pods than this at once. Source: job_controller.go, MaxUncountedPods. */
const MOST_UNCOUNTED = 500;

type Uncounted = Required<NonNullable<JobStatus['uncountedTerminatedPods']>>;

/** What the pods of a Job add up to. */
export interface JobTally {
  active: Stored<Pod>[];
  ready: number;
  /** Pods that are being deleted and have not ended. */
  terminating: Stored<Pod>[];
  /** All pods that ended, whether they are in the counters of the status or still uncounted. */
  succeeded: number;
  failed: number;
  /** Those that are uncounted after this pass, and the counters with what this pass takes over. */
  uncounted: Uncounted;
  counters: { succeeded: number; failed: number };
  /** Indexes that have succeeded, of an Indexed Job. */
  completed: IndexSet;
  /** Indexes that have failed for good, of a Job with a limit for each. */
  failedIndexes: IndexSet;
  /** By index: the failed pod that waits for the one that follows it. */
  replaced: Map<number, Stored<Pod>>;
  /** Pods that have ended, and that the status has no room for yet: they keep their finalizer until it has. */
  postponed: Set<Stored<Pod>>;
  /** Pods that lose their finalizer once the status is written. */
  released: Stored<Pod>[];
  /** Why the failure policy fails the whole Job. */
  failJob: string | undefined;
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

/** A pod with its end, and what the failure policy makes of that. */
interface Ended {
  pod: Stored<Pod>;
  match: FailureMatch;
}

/**
 * Counts the pods of a Job. A pod that has ended is first noted by its uid, then loses its finalizer, and then counts
 * in a number of the status: so none counts twice, and none is lost. Of an Indexed Job the index is enough.
 * Source: pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers.
 */
export function tallyOf(job: Job, pods: readonly Stored<Pod>[]): JobTally {
  const { status = {} } = job;
  const tracked = pods.filter(isTracked);
  const { uncounted, counters } = noted(job, tracked);
  const ended = tracked.filter((pod) => pod.status?.phase === 'Succeeded');
  const completed = completedOf(job, ended);
  if (isIndexed(job)) counters.succeeded = completed.size;
  const failures = pods
    .filter((pod) => pod.status?.phase !== 'Succeeded' && isFailed(pod, job))
    .map((pod): Ended => ({ pod, match: matchFailurePolicy(job, pod) }));
  const known = new Set(uncounted.failed);
  const counting = failures.filter(({ pod, match }) => isNew(job, pod, known) && match.isCounted);
  const failedIndexes = failedOf(job, status.failedIndexes, failures);
  const active = pods.filter(isPodActive);
  const running = new Set(indexesOf(active));
  const isOver = (index: number) => completed.has(index) || failedIndexes.has(index) || running.has(index);
  const replaced = replacedOf(job, failures, isOver);
  const waiting = new Set(replaced.values());
  const told = new Set([...uncounted.succeeded, ...uncounted.failed]);
  const succeeding = isIndexed(job) ? [] : ended.filter(({ metadata }) => !told.has(metadata.uid));
  const succeeded = isIndexed(job)
    ? completed.size
    : counters.succeeded + uncounted.succeeded.length + succeeding.length;
  const failed = counters.failed + uncounted.failed.length + counting.length;
  const postponed = new Set<Stored<Pod>>();
  for (const pod of succeeding) note(uncounted, 'succeeded', pod, postponed);
  for (const { pod } of counting) if (!waiting.has(pod)) note(uncounted, 'failed', pod, postponed);
  const isReleased = (pod: Stored<Pod>) => isTracked(pod) && !waiting.has(pod) && !postponed.has(pod);
  return {
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => isPodDeleting(pod) && !isPodTerminal(pod)),
    succeeded,
    failed,
    uncounted,
    counters,
    completed,
    failedIndexes,
    replaced,
    postponed,
    released: [...ended, ...failures.map(({ pod }) => pod)].filter(isReleased),
    failJob: failures.find(({ match }) => match.message !== undefined)?.match.message,
    lastFailureAt: failures.reduce((last, { pod }) => Math.max(last, finishedAt(pod)), 0),
  };
}

/** Notes the end of a pod in the status, or postpones that while the status is full. */
export function note(uncounted: Uncounted, kind: keyof Uncounted, pod: Stored<Pod>, postponed: Set<Stored<Pod>>): void {
  if (uncounted.succeeded.length + uncounted.failed.length >= MOST_UNCOUNTED) postponed.add(pod);
  else uncounted[kind].push(pod.metadata.uid);
}

/** What the status has noted: those that have lost their finalizer since count in a number. */
function noted(job: Job, tracked: readonly Stored<Pod>[]): Pick<JobTally, 'uncounted' | 'counters'> {
  const { status = {} } = job;
  const there = new Set(tracked.map(({ metadata }) => metadata.uid));
  const counters = { succeeded: status.succeeded ?? 0, failed: status.failed ?? 0 };
  const uncounted: Uncounted = { succeeded: [], failed: [] };
  for (const kind of ['succeeded', 'failed'] as const) {
    for (const uid of status.uncountedTerminatedPods?.[kind] ?? []) {
      if (there.has(uid)) uncounted[kind].push(uid);
      else if (kind === 'failed' || !isIndexed(job)) counters[kind] += 1;
    }
  }
  return { uncounted, counters };
}

/** True for an index that a Job has. */
export const isWithin = ({ spec }: Job, index: number | undefined): index is number =>
  index !== undefined && index < (spec?.completions ?? 0);

/** True for a failed pod that is not noted yet. Source: job_controller.go, getValidPodsWithFilter. */
const isNew = (job: Job, pod: Stored<Pod>, known: ReadonlySet<string>): boolean =>
  isTracked(pod) && !known.has(pod.metadata.uid) && (!isIndexed(job) || isWithin(job, indexOf(pod)));

const indexesOf = (pods: readonly Pod[]): number[] => pods.flatMap((pod) => indexOf(pod) ?? []);

function completedOf(job: Job, ended: readonly Stored<Pod>[]): IndexSet {
  if (!isIndexed(job)) return IndexSet.of('', [], 0);
  return IndexSet.of(job.status?.completedIndexes, indexesOf(ended), job.spec?.completions ?? 0);
}

/** Source: indexed_job_utils.go, calculateFailedIndexes. */
function failedOf(job: Job, before: string | undefined, failures: readonly Ended[]): IndexSet {
  const below = job.spec?.completions ?? 0;
  if (!hasLimitPerIndex(job)) return IndexSet.of('', [], below);
  const failed = failures.filter(({ pod, match }) => isTracked(pod) && endsIndex(job, pod, match));
  return IndexSet.of(before, indexesOf(failed.map(({ pod }) => pod)), below);
}

function replacedOf(job: Job, failures: readonly Ended[], isOver: (index: number) => boolean): JobTally['replaced'] {
  if (!hasLimitPerIndex(job)) return new Map();
  const failed = failures.flatMap(({ pod }) => (isTracked(pod) ? pod : []));
  return awaitingReplacement(failed, (index) => isOver(index) || !isWithin(job, index), finishedAt);
}

/** When the last container ended; 0 where that is not known. */
export function finishedAt({ status, metadata }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''));
  const last = Math.max(0, ...ends.filter((at) => !Number.isNaN(at)));
  return last > 0 ? last : Date.parse(metadata?.deletionTimestamp ?? '') || 0;
}

/**
 * The indexes that have no pod and no end yet, lowest first. Source: indexed_job_utils.go, firstPendingIndexes.
 */
export function missingIndexes(
  { spec }: Job,
  { active, completed, failedIndexes }: JobTally,
  terminating: readonly Pod[],
  count: number,
): number[] {
  const taken = new Set(indexesOf([...active, ...terminating]));
  const missing: number[] = [];
  for (let i = 0; i < (spec?.completions ?? 0) && missing.length < count; i += 1) {
    const last = completed.lastFrom(i) ?? failedIndexes.lastFrom(i);
    if (last !== undefined) i = last;
    else if (!taken.has(i)) missing.push(i);
  }
  return missing;
}

/** The part of the status that is made of counts. */
export function countsOf(job: Job, tally: JobTally): JobStatus {
  const { active, ready, terminating, counters, uncounted, completed, failedIndexes } = tally;
  const { succeeded, failed } = uncounted;
  return {
    ...(active.length > 0 && { active: active.length }),
    ready,
    terminating: terminating.length,
    ...(counters.succeeded > 0 && { succeeded: counters.succeeded }),
    ...(counters.failed > 0 && { failed: counters.failed }),
    ...(isIndexed(job) && completed.size > 0 && { completedIndexes: String(completed) }),
    ...(hasLimitPerIndex(job) && { failedIndexes: String(failedIndexes) }),
    uncountedTerminatedPods: { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) },
  };
}
