import { conditionOf, type Job, type JobCondition, type JobStatus, type Pod, type Stored } from '@everynode/objects';
import { withCondition } from '../conditions.js';
import type { WorkloadEvent } from '../deployment/deployment-pass.js';
import { podsToDelete } from '../pods/rank-for-deletion.js';
import { countsOf, isIndexed, type JobTally, missingIndexes, tallyOf } from './job-tally.js';

/** One pass makes no more pods than this. Source: job_controller.go, MaxPodCreateDeletePerSync. */
const MOST_AT_ONCE = 500;
/** The wait after a failed pod, doubled for each further one. Source: DefaultJobPodFailureBackOff. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 600_000;

/** What one pass does. */
export interface JobPlan {
  /** The indexes of new pods of an Indexed Job; for others as many times undefined as pods are missing. */
  create: (number | undefined)[];
  deletes: Stored<Pod>[];
  status: JobStatus;
  events: WorkloadEvent[];
  requeueAfterMs: number | undefined;
}

type Verdict = { type: 'Complete' | 'Failed'; reason: string; message: string };

const isTrue = (job: Job, type: string): boolean => conditionOf(job.status, type)?.status === 'True';

const isJobFinished = (job: Job): boolean => isTrue(job, 'Complete') || isTrue(job, 'Failed');

/**
 * Returns what brings a Job on. `now` is ms since the epoch, `at` the same as the API writes times. Failure policies,
 * limits by index and success policies are not acted on. Source: pkg/controller/job/job_controller.go, syncJob.
 */
export function planJob(job: Stored<Job>, pods: readonly Stored<Pod>[], now: number, at: string): JobPlan {
  const tally = tallyOf(job, pods);
  const { spec, status = {} } = job;
  const events: WorkloadEvent[] = [];
  const isSuspended = spec?.suspend === true;
  const first: JobStatus = { ...status, ...(!isSuspended && status.startTime === undefined && { startTime: at }) };
  const counts = { ...kept(first), ...countsOf(job, tally) };
  if (isJobFinished(job)) return { create: [], deletes: [], status: counts, events, requeueAfterMs: undefined };
  const verdict = verdictOf({ ...job, status: first }, tally, now);
  if (verdict) {
    const ended = finish(job, tally, verdict, counts, at);
    if (isJobFinished({ status: ended })) events.push(endEvent(verdict));
    return { create: [], deletes: tally.active, status: ended, events, requeueAfterMs: undefined };
  }
  const conditions = suspension(job, at, events);
  const resumed = conditions && !isSuspended && isTrue(job, 'Suspended') ? { startTime: at } : {};
  const next: JobStatus = { ...counts, ...resumed, ...(conditions && { conditions }) };
  if (isSuspended) {
    const { startTime: _start, ...idle } = next;
    return { create: [], deletes: tally.active, status: idle, events, requeueAfterMs: undefined };
  }
  const moves = manage(job, tally, now);
  const waits = [moves.waitMs, deadlineInMs(next, spec?.activeDeadlineSeconds, now)].filter((ms) => ms !== undefined);
  return { ...moves, status: next, events, requeueAfterMs: waits.length > 0 ? Math.min(...waits) : undefined };
}

/** What a status keeps beside its counts. */
function kept({ startTime, completionTime, conditions, failedIndexes }: JobStatus): JobStatus {
  return {
    ...(conditions && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...(completionTime !== undefined && { completionTime }),
    ...(failedIndexes !== undefined && { failedIndexes }),
  };
}

function verdictOf(job: Stored<Job>, tally: JobTally, now: number): Verdict | undefined {
  const { spec, status } = job;
  const target = conditionOf(status, 'FailureTarget');
  if (target?.status === 'True') return { type: 'Failed', reason: target.reason ?? '', message: target.message ?? '' };
  const { failed, succeeded, active } = tally;
  if (failed > (spec?.backoffLimit ?? 6) || restartedTooOften(job, active)) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const left = deadlineInMs(status, spec?.activeDeadlineSeconds, now);
  if (left !== undefined && left <= 0 && spec?.suspend !== true) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const isDone = spec?.completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= spec.completions;
  if (!isDone) return undefined;
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
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
  const { uncounted, active, terminating } = tally;
  const isOver = uncounted.succeeded.length + uncounted.failed.length + active.length + terminating === 0;
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
  if (isSuspended === isTrue(job, 'Suspended')) return undefined;
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

/** Source: job_controller.go, manageJob. */
function manage(
  job: Job,
  tally: JobTally,
  now: number,
): Pick<JobPlan, 'create' | 'deletes'> & { waitMs: number | undefined } {
  const { spec } = job;
  const { active, succeeded, failed, terminating } = tally;
  const parallelism = spec?.parallelism ?? 1;
  const wanted =
    spec?.completions === undefined
      ? succeeded > 0
        ? Math.min(active.length, parallelism)
        : parallelism
      : Math.min(Math.max(0, spec.completions - succeeded), parallelism);
  const excess = active.length - wanted;
  if (excess > 0) return { create: [], deletes: podsToDelete(active, active, excess, now), waitMs: undefined };
  const stillThere = spec?.podReplacementPolicy === 'Failed' ? terminating : 0;
  const missing = Math.min(wanted - active.length - stillThere, MOST_AT_ONCE);
  if (missing <= 0) return { create: [], deletes: [], waitMs: undefined };
  const waitMs = failed > 0 ? backoffMs(failed, tally.lastFailureAt, now) : 0;
  if (waitMs > 0) return { create: [], deletes: [], waitMs };
  const create = isIndexed(job) ? missingIndexes(job, tally, missing) : Array<undefined>(missing).fill(undefined);
  return { create, deletes: [], waitMs: undefined };
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
