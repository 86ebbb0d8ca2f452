import { type CronJob, type CronJobStatus, type Job, type Stored, timestamp } from '@everynode/objects';
import type { WorkloadEvent } from '../deployment/deployment-pass.js';
import { jobEndOf } from '../job/plan-job.js';
import { ownerReferenceTo } from '../ownership/owner-reference.js';
import { dueTime, nextDueInMs } from './due-time.js';
import { type Schedule, scheduleOf } from './schedule.js';
import { zonedTimestamp } from './zoned-timestamp.js';

const CRON_JOB = { apiVersion: 'batch/v1', kind: 'CronJob' };
const SCHEDULED_ANNOTATION = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const MINUTE = 60_000;

/** A Job that is to be created. */
export interface NewJob extends Job {
  metadata: NonNullable<Job['metadata']> & { name: string; namespace: string };
}

/** What one pass does: deletions before the creation, and then the status. */
export interface CronJobPlan {
  deletes: Stored<Job>[];
  create: NewJob | undefined;
  /** Without the Job that is created: `statusWith` adds it. */
  status: CronJobStatus;
  events: WorkloadEvent[];
  requeueAfterMs: number | undefined;
}

type Reference = NonNullable<CronJobStatus['active']>[number];

/** One pass over a CronJob. Source: pkg/controller/cronjob/cronjob_controllerv2.go, sync. */
class CronJobPass {
  readonly events: WorkloadEvent[] = [];
  readonly deletes: Stored<Job>[] = [];
  create: NewJob | undefined;
  active: Reference[];
  lastSuccessfulTime: string | undefined;

  constructor(
    readonly cronJob: Stored<CronJob>,
    readonly jobs: readonly Stored<Job>[],
    readonly now: number,
  ) {
    this.active = [...(cronJob.status?.active ?? [])];
    this.lastSuccessfulTime = cronJob.status?.lastSuccessfulTime;
  }

  /** Returns in how many ms the CronJob is due again. */
  run(): number | undefined {
    this.#trimHistory();
    this.#followJobs();
    const { metadata, spec } = this.cronJob;
    if (metadata.deletionTimestamp !== undefined) return undefined;
    const schedule = scheduleOf(this.cronJob);
    if ('reason' in schedule) {
      if (schedule.reason === 'UnknownTimeZone' || spec.suspend !== true) this.#warn(schedule.reason, schedule.message);
      return undefined;
    }
    if (spec.suspend === true) return undefined;
    return this.#start(schedule);
  }

  /** Source: cleanupFinishedJobs, removeOldestJobs. */
  #trimHistory(): void {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = this.cronJob.spec;
    this.#trim('Complete', successfulJobsHistoryLimit);
    this.#trim('Failed', failedJobsHistoryLimit);
  }

  #trim(type: string, limit: number | undefined): void {
    if (limit === undefined) return;
    const ended = this.jobs.filter((job) => jobEndOf(job) === type).sort(byStart);
    for (const job of ended.slice(0, Math.max(0, ended.length - limit))) this.#delete(job);
  }

  #delete(job: Stored<Job>): void {
    this.deletes.push(job);
    this.#forget(job.metadata.uid);
    this.#tell('SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  }

  #followJobs(): void {
    const { jobs } = this;
    for (const job of jobs) this.#follow(job);
    const there = new Set(jobs.map(({ metadata }) => metadata.uid));
    for (const { uid, name } of this.active) {
      if (uid !== undefined && there.has(uid)) continue;
      this.#tell('MissingJob', `Active job went missing: ${name}`);
      this.#forget(uid);
    }
  }

  #follow(job: Stored<Job>): void {
    const { uid, name } = job.metadata;
    const isActive = this.active.some((reference) => reference.uid === uid);
    const end = jobEndOf(job);
    if (end === undefined) {
      if (!isActive) this.#warn('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
      return;
    }
    if (isActive) {
      this.#forget(uid);
      this.#tell('SawCompletedJob', `Saw completed job: ${name}, condition: ${end}`);
    }
    const { completionTime } = job.status ?? {};
    if (end !== 'Complete' || completionTime === undefined) return;
    if (!this.lastSuccessfulTime || Date.parse(completionTime) > Date.parse(this.lastSuccessfulTime)) {
      this.lastSuccessfulTime = completionTime;
    }
  }

  /** Source: syncCronJob, from the schedule on. */
  #start(schedule: Schedule): number | undefined {
    const { cronJob, now } = this;
    const { spec } = cronJob;
    if (spec.schedule.includes('TZ')) {
      const page = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
      const told = `CRON_TZ or TZ used in schedule ${JSON.stringify(spec.schedule)} is not officially supported`;
      this.#warn('UnsupportedSchedule', `${told}, see ${page} for more details`);
    }
    const due = dueTime(cronJob, schedule, now, true);
    if ('error' in due) {
      this.#warn('InvalidSchedule', `invalid schedule: ${spec.schedule} : ${due.error}`);
      return undefined;
    }
    if (due.at !== undefined) {
      if (due.missed === 'many') {
        const advice = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
        this.#warn('TooManyMissedTimes', `too many missed start times. ${advice}`);
      }
      this.#startAt(due.at);
    }
    return nextDueInMs(cronJob, schedule, now);
  }

  #startAt(at: number): void {
    const { cronJob, now } = this;
    const { spec, status, metadata } = cronJob;
    const { startingDeadlineSeconds: seconds } = spec;
    if (seconds !== undefined && at + seconds * 1000 < now) {
      this.#warn('MissSchedule', `Missed scheduled time to start a job: ${rfc1123(at)}`);
      return;
    }
    const name = `${metadata.name}-${Math.floor(at / MINUTE)}`;
    const isDone = status?.lastScheduleTime !== undefined && Date.parse(status.lastScheduleTime) === at;
    if (isDone || this.active.some((reference) => reference.name === name)) return;
    if (spec.concurrencyPolicy === 'Forbid' && this.active.length > 0) {
      const reason = 'prior execution is running and concurrency policy is Forbid';
      this.#tell('JobAlreadyActive', `Not starting job because ${reason}`);
      return;
    }
    if (spec.concurrencyPolicy === 'Replace') {
      const uids = new Set(this.active.map(({ uid }) => uid));
      for (const job of this.jobs) if (uids.has(job.metadata.uid)) this.#delete(job);
    }
    this.create = jobAt(cronJob, name, at);
  }

  #forget(uid: string | undefined): void {
    this.active = this.active.filter((reference) => reference.uid !== uid);
  }

  #tell(reason: string, message: string): void {
    this.events.push({ type: 'Normal', reason, message });
  }

  #warn(reason: string, message: string): void {
    this.events.push({ type: 'Warning', reason, message });
  }
}

/** The one that began first comes first. Source: utils.go, byJobStartTime. */
function byStart(a: Stored<Job>, b: Stored<Job>): number {
  const [first = '', second = ''] = [a.status?.startTime, b.status?.startTime];
  if (first === second) return a.metadata.name < b.metadata.name ? -1 : 1;
  if (first === '' || second === '') return first === '' ? 1 : -1;
  return Date.parse(first) - Date.parse(second);
}

/** As Go's RFC1123Z, in UTC. */
const rfc1123 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

/** Source: utils.go, getJobFromTemplate2. */
function jobAt(cronJob: Stored<CronJob>, name: string, at: number): NewJob {
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  const scheduled = zonedTimestamp(at, cronJob.spec.timeZone ?? 'UTC');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      ...(metadata.labels && { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [SCHEDULED_ANNOTATION]: scheduled },
      ownerReferences: [ownerReferenceTo(CRON_JOB, cronJob)],
    },
    ...(spec && { spec }),
  };
}

/** Returns what brings a CronJob on. `jobs` are those that it controls. `now` is ms since the epoch. */
export function planCronJob(cronJob: Stored<CronJob>, jobs: readonly Stored<Job>[], now: number): CronJobPlan {
  const pass = new CronJobPass(cronJob, jobs, now);
  const requeueAfterMs = pass.run();
  const { deletes, create, active, lastSuccessfulTime, events } = pass;
  const lastScheduleTime = cronJob.status?.lastScheduleTime;
  const status: CronJobStatus = {
    ...(active.length > 0 && { active }),
    ...(lastScheduleTime !== undefined && { lastScheduleTime }),
    ...(lastSuccessfulTime !== undefined && { lastSuccessfulTime }),
  };
  return { deletes, create, status, events, requeueAfterMs };
}

/** The status of a CronJob with a Job that was created for the last time that has passed. */
export function statusWith(status: CronJobStatus, job: Stored<Job>, resourceVersion: string): CronJobStatus {
  const { name, namespace, uid, annotations } = job.metadata;
  const reference = { apiVersion: 'batch/v1', kind: 'Job', name, namespace, resourceVersion, uid };
  const at = Date.parse(annotations?.[SCHEDULED_ANNOTATION] ?? '');
  return { ...status, active: [...(status.active ?? []), reference], lastScheduleTime: timestamp(at) };
}
