import {
  conditionOf,
  isConditionTrue,
  type Job,
  type JobCondition,
  type JobStatus,
  type Pod,
  type Stored,
} from '@everynode/objects';
import { withCondition } from '../conditions.js';
import type { WorkloadEvent } from '../deployment/deployment-pass.js';
import { podsToDelete } from '../pods/rank-for-deletion.js';
import { matchFailurePolicy } from './failure-policy.js';
import { failureAnnotations, failuresBefore, hasLimitPerIndex } from './index-failures.js';
import { indexOf } from './indexes.js';
import {
  countsOf,
  finishedAt,
  isIndexed,
  isTracked,
  isWithin,
  type JobTally,
  missingIndexes,
  note,
  tallyOf,
} from './job-tally.js';
import { matchSuccessPolicy } from './success-policy.js';

/** One pass makes no more pods than this. Source: job_controller.go, MaxPodCreateDeletePerSync. */
const MOST_AT_ONCE = 500;
/** The wait after a failed pod, doubled for each further one. Source: DefaultJobPodFailureBackOff. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 600_000;

/** A pod that is to be created. */
export interface NewJobPod {
  /** Undefined for a Job that is not Indexed. */
  index: number | undefined;
  annotations: Record<string, string>;
}

/** What one pass does. */
export interface JobPlan {
  create: NewJobPod[];
  deletes: Stored<Pod>[];
  /** Pods that lose their finalizer, once the status is written. */
  released: Stored<Pod>[];
  status: JobStatus;
  events: WorkloadEvent[];
  requeueAfterMs: number | undefined;
}

type Verdict = { type: 'Complete' | 'Failed'; reason: string; message: string };

const OWN_NAME = 'kubernetes.io/job-controller';

/** True for a Job that another controller manages (KEP-4368). */
export const isForeignJob = ({ spec }: Job): boolean => (spec?.managedBy ?? OWN_NAME) !== OWN_NAME;

/** The condition in which a Job has ended; undefined for one that has not. */
export const jobEndOf = ({ status }: Job): 'Complete' | 'Failed' | undefined =>
  (['Complete', 'Failed'] as const).find((type) => isConditionTrue(status, type));

/**
 * Returns what brings a Job on. `now` is ms since the epoch, `at` the same as the API writes times.
 * Source: pkg/controller/job/job_controller.go, syncJob.
 */
export function planJob(job: Stored<Job>, pods: readonly Stored<Pod>[], now: number, at: string): JobPlan {
  const tally = tallyOf(job, pods);
  const { spec, status = {} } = job;
  const events: WorkloadEvent[] = [];
  const isSuspended = spec?.suspend === true;
  const first: JobStatus = { ...status, ...(!isSuspended && status.startTime === undefined && { startTime: at }) };
  const counts = { ...kept(first), ...countsOf(job, tally) };
  const { released, active } = tally;
  const idle = { create: [], events, requeueAfterMs: undefined };
  if (jobEndOf(job)) return { ...idle, deletes: [], released, status: counts };
  const verdict = verdictOf({ ...job, status: first }, tally, now);
  if (verdict) {
    if (verdict.type === 'Failed') failRest(job, tally, pods);
    const ended = finish(job, tally, verdict, { ...kept(first), ...countsOf(job, tally) }, at);
    if (jobEndOf({ status: ended })) events.push(endEvent(verdict));
    return {
      ...idle,
      deletes: active,
      released: pods.filter((pod) => isTracked(pod) && !tally.postponed.has(pod)),
      status: ended,
    };
  }
  const conditions = suspension(job, at, events);
  const resumed = conditions && !isSuspended && isConditionTrue(status, 'Suspended') ? { startTime: at } : {};
  const next: JobStatus = { ...counts, ...resumed, ...(conditions && { conditions }) };
  if (isSuspended) {
    const { startTime: _start, ...suspended } = next;
    return { ...idle, deletes: active, released, status: suspended };
  }
  const moves = manage(job, tally, now);
  const waits = [moves.waitMs, deadlineInMs(next, spec?.activeDeadlineSeconds, now)].filter((ms) => ms !== undefined);
  return {
    ...moves,
    released,
    status: next,
    events,
    requeueAfterMs: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}

/** Of a Job that has failed every pod has failed that has not succeeded. */
function failRest(job: Job, { uncounted, postponed }: JobTally, pods: readonly Stored<Pod>[]): void {
  const known = new Set(uncounted.failed);
  for (const pod of pods) {
    const { uid } = pod.metadata;
    if (!isTracked(pod) || pod.status?.phase === 'Succeeded' || known.has(uid) || postponed.has(pod)) continue;
    if (matchFailurePolicy(job, pod).isCounted) note(uncounted, 'failed', pod, postponed);
  }
}

/** What a status keeps beside its counts. */
function kept({ startTime, completionTime, conditions }: JobStatus): JobStatus {
  return {
    ...(conditions && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...(completionTime !== undefined && { completionTime }),
  };
}

function verdictOf(job: Stored<Job>, tally: JobTally, now: number): Verdict | undefined {
  const { spec, status } = job;
  const met = conditionOf(status, 'SuccessCriteriaMet');
  if (met?.status === 'True') return { type: 'Complete', reason: met.reason ?? '', message: met.message ?? '' };
  const target = conditionOf(status, 'FailureTarget');
  if (target?.status === 'True') return { type: 'Failed', reason: target.reason ?? '', message: target.message ?? '' };
  const { failed, succeeded, active, failJob } = tally;
  if (failJob !== undefined) return { type: 'Failed', reason: 'PodFailurePolicy', message: failJob };
  if (failed > (spec?.backoffLimit ?? 6) || restartedTooOften(job, active)) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const left = deadlineInMs(status, spec?.activeDeadlineSeconds, now);
  if (left !== undefined && left <= 0 && spec?.suspend !== true) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const byIndex = isIndexed(job) ? indexVerdict(job, tally) : undefined;
  if (byIndex) return byIndex;
  const isDone = spec?.completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= spec.completions;
  if (!isDone) return undefined;
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

/** What the indexes of a Job come to, before all of them have succeeded. Source: job_controller.go, syncJob. */
function indexVerdict(job: Job, { failedIndexes, completed }: JobTally): Verdict | undefined {
  const { maxFailedIndexes = Number.POSITIVE_INFINITY, completions = 0 } = job.spec ?? {};
  const failed = failedIndexes.size;
  if (failed > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { type: 'Failed', reason: 'MaxFailedIndexesExceeded', message };
  }
  if (failed > 0 && failed + completed.size >= completions) {
    return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  const message = matchSuccessPolicy(job, completed);
  return message === undefined ? undefined : { type: 'Complete', reason: 'SuccessPolicy', message };
}

/** Containers that are started again count, too. Source: job_controller.go, pastBackoffLimitOnFailure. */
function restartedTooOften({ spec }: Job, active: readonly Pod[]): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const limit = spec.backoffLimit ?? 6;
  const restarts = active
    .flatMap(({ status }) => [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** First the Job says what it comes to, and when no pod is left that it has ended. Source: enactJobFinished. */
function finish(
  job: Job,
  tally: JobTally,
  { type, reason, message }: Verdict,
  counts: JobStatus,
  at: string,
): JobStatus {
  const told = { status: 'True', reason, message, lastProbeTime: at, lastTransitionTime: at };
  const interim = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  let conditions: JobCondition[] = withCondition(job.status?.conditions, { type: interim, ...told });
  const { uncounted, active, terminating, postponed } = tally;
  const noted = uncounted.succeeded.length + uncounted.failed.length;
  const isOver = noted + postponed.size + active.length + terminating.length === 0;
  if (isOver) conditions = withCondition(conditions, { type, ...told });
  return { ...counts, conditions, ...(isOver && type === 'Complete' && { completionTime: at }) };
}

const endEvent = ({ type, reason, message }: Verdict): WorkloadEvent =>
  type === 'Complete'
    ? { type: 'Normal', reason: 'Completed', message: 'Job completed' }
    : { type: 'Warning', reason, message };

/** Source: job_controller.go, ensureJobConditionStatus of Suspended. Undefined where the conditions stay. */
function suspension(job: Job, at: string, events: WorkloadEvent[]): JobCondition[] | undefined {
  const isSuspended = job.spec?.suspend === true;
  if (isSuspended === isConditionTrue(job.status, 'Suspended')) return undefined;
  const word = isSuspended ? 'suspended' : 'resumed';
  const message = `Job ${word}`;
  events.push({ type: 'Normal', reason: isSuspended ? 'Suspended' : 'Resumed', message });
  return withCondition(job.status?.conditions, {
    type: 'Suspended',
    status: isSuspended ? 'True' : 'False',
    reason: isSuspended ? 'JobSuspended' : 'JobResumed',
    message,
    lastProbeTime: at,
    lastTransitionTime: at,
  });
}

function deadlineInMs({ startTime }: JobStatus = {}, seconds: number | undefined, now: number): number | undefined {
  if (seconds === undefined || startTime === undefined) return undefined;
  return Date.parse(startTime) + seconds * 1000 - now;
}

type Moves = Pick<JobPlan, 'create' | 'deletes'> & { waitMs: number | undefined };

const NOTHING: Moves = { create: [], deletes: [], waitMs: undefined };

/** Source: job_controller.go, manageJob. */
function manage(job: Job, tally: JobTally, now: number): Moves {
  const { spec } = job;
  const { active, succeeded, failed, terminating } = tally;
  const parallelism = spec?.parallelism ?? 1;
  const wanted =
    spec?.completions === undefined
      ? succeeded > 0
        ? Math.min(active.length, parallelism)
        : parallelism
      : Math.min(Math.max(0, spec.completions - succeeded), parallelism);
  const deletes = tooMany(job, active, active.length - wanted, now);
  if (deletes.length > 0) return { ...NOTHING, deletes: deletes.slice(0, MOST_AT_ONCE) };
  const ending = spec?.podReplacementPolicy === 'Failed' ? terminating : [];
  const missing = Math.min(wanted - active.length - ending.length, MOST_AT_ONCE);
  if (missing <= 0) return NOTHING;
  const waitMs = failed > 0 && !hasLimitPerIndex(job) ? backoffMs(failed, tally.lastFailureAt, now) : 0;
  if (waitMs > 0) return { ...NOTHING, waitMs };
  if (!isIndexed(job)) {
    return { ...NOTHING, create: Array.from({ length: missing }, () => ({ index: undefined, annotations: {} })) };
  }
  return createIndexes(job, tally, missingIndexes(job, tally, ending, missing), now);
}

/** The pods of indexes that have none. An index that has failed waits by itself, where each has a limit. */
function createIndexes(job: Job, { replaced }: JobTally, indexes: readonly number[], now: number): Moves {
  const waits = indexes.map((index) => {
    const before = replaced.get(index);
    return { index, before, ms: before ? backoffMs(failuresBefore(before) + 1, finishedAt(before), now) : 0 };
  });
  const due = waits.filter(({ ms }) => ms <= 0);
  const later = waits.filter(({ ms }) => ms > 0).map(({ ms }) => ms);
  const create = due.map(({ index, before }) => ({ index, annotations: failureAnnotations(job, before) }));
  return { ...NOTHING, create, waitMs: later.length > 0 ? Math.min(...later) : undefined };
}

/**
 * The pods that a Job loses: those without an index of it and doubles first, and then as many as are too many.
 * Source: job_controller.go, activePodsForRemoval.
 */
function tooMany(job: Job, active: readonly Stored<Pod>[], excess: number, now: number): Stored<Pod>[] {
  const surplus = isIndexed(job) ? withoutPlace(job, active, now) : [];
  const lost = new Set(surplus);
  const left = active.filter((pod) => !lost.has(pod));
  const more = excess - surplus.length;
  return more > 0 ? [...surplus, ...podsToDelete(left, left, more, now)] : surplus;
}

function withoutPlace(job: Job, active: readonly Stored<Pod>[], now: number): Stored<Pod>[] {
  const byIndex = new Map<number, Stored<Pod>[]>();
  for (const pod of active) {
    const index = indexOf(pod);
    const key = isWithin(job, index) ? index : -1;
    const others = byIndex.get(key);
    if (others) others.push(pod);
    else byIndex.set(key, [pod]);
  }
  return [...byIndex].flatMap(([index, pods]) =>
    index < 0 ? pods : pods.length > 1 ? podsToDelete(pods, pods, pods.length - 1, now) : [],
  );
}

function backoffMs(failures: number, lastFailureAt: number, now: number): number {
  if (lastFailureAt === 0) return 0;
  return lastFailureAt + Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS) - now;
}

/** In how many ms a finished Job is deleted; undefined for one that stays. Source: pkg/controller/ttlafterfinished. */
export function expiresInMs({ spec, status }: Job, now: number): number | undefined {
  const ttl = spec?.ttlSecondsAfterFinished;
  const end = status?.conditions?.find(
    ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  if (ttl === undefined || !end) return undefined;
  const endedAt = Date.parse(end.lastTransitionTime ?? '');
  return Number.isNaN(endedAt) ? undefined : Math.max(0, endedAt + ttl * 1000 - now);
}
