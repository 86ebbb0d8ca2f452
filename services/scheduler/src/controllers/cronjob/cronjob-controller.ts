import type { CachedObject, ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { type CronJob, controllerOf, type Job, resourceByStorage, type Stored, splitObject } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { type NewJob, planCronJob, statusWith } from '@everynode/workloads';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { isRefusal } from '../reconcile-backoff.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { decideWorkloadStatus } from '../workloads/decide-workload-status.js';
import { passMoment } from '../workloads/moment.js';
import { completed, creationOf, NameTakenError } from '../workloads/new-object.js';
import { isOpen } from '../workloads/open-namespace.js';
import { removalOf } from '../workloads/removal.js';
import { WorkloadEvents } from '../workloads/workload-events.js';

const WORKERS = 4;
const CRON_JOBS = 'cronjobs.batch';
const JOBS = 'jobs.batch';
const KIND = { apiVersion: 'batch/v1', kind: 'CronJob' };
const jobs = resourceByStorage(JOBS);

type CachedCronJob = CachedObject<Stored<CronJob>>;

/** A Job, and the revision at which it was created. */
interface Started {
  job: Stored<Job>;
  revision: number;
}

/** Makes the Jobs of CronJobs when they are due. A CronJob that waits has a timer, and costs nothing else. */
export class CronJobController implements Controller {
  readonly name = 'cronjob';
  readonly #context: SchedulerContext;
  readonly #cronJobs: ObjectCache<Stored<CronJob>>;
  readonly #events: WorkloadEvents;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#cronJobs = context.reflector.cache(CRON_JOBS);
    this.#events = new WorkloadEvents(context.recorder, KIND, 'cronjob-controller');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#cronJobs),
    });
    context.owned.follow({
      owners: this.#cronJobs,
      selecting: undefined,
      owned: [JOBS],
      enqueue: (key) => this.#queue.add(key),
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#cronJobs.getByKey(key);
    if (!cached) return undefined;
    const { object: cronJob, record } = cached;
    const owned = Array.from(this.#context.reflector.cache(JOBS).find('byOwner', record.uid), ({ object }) => object);
    const own = owned.filter(({ metadata }) => controllerOf(metadata)?.uid === record.uid);
    const plan = planCronJob(cronJob, own, passMoment().now);
    const deleted = await Promise.all(plan.deletes.map((job) => this.#delete(job, fence)));
    for (const { type, reason, message } of plan.events) this.#events.record(cronJob, type, reason, message);
    const started =
      plan.create && isOpen(this.#context, record.namespace)
        ? await this.#start(cached, plan.create, fence)
        : undefined;
    const status = started ? statusWith(plan.status, started.job, String(started.revision)) : plan.status;
    const { outcome, revision } = await this.#context.store.write({
      key: record,
      reads: 'observed',
      fence,
      decide: (current) => decideWorkloadStatus(current, record, status),
    });
    const written = [...deleted, started?.revision ?? 0, outcome === 'kept' ? 0 : revision];
    await caughtUp(this.#context, Math.max(0, ...written));
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
  }

  /**
   * Creates a Job. One that is there already, from a pass that ended before the status was written, is taken for it;
   * another one of the name is left.
   */
  async #start({ object: cronJob, record }: CachedCronJob, create: NewJob, fence: Fence): Promise<Started | undefined> {
    const { namespace, name } = create.metadata;
    try {
      const object = completed(jobs, create);
      const key = { resource: JOBS, namespace, name } as const;
      const created = { uid: object.metadata.uid, parts: splitObject(object), placement: null };
      const { revision } = await this.#context.store.write(creationOf(key, created, fence));
      this.#events.record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return { job: object as Stored<Job>, revision };
    } catch (error) {
      if (error instanceof NameTakenError) {
        const there = this.#context.reflector.cache(JOBS).get(namespace, name);
        const isOwn = there !== undefined && controllerOf(there.metadata)?.uid === record.uid;
        return isOwn ? { job: there.object, revision: there.record.revision } : undefined;
      }
      if (isRefusal(error)) {
        this.#events.record(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${error.message}`);
      }
      throw error;
    }
  }

  async #delete(job: Stored<Job>, fence: Fence): Promise<number> {
    const { outcome, revision } = await this.#context.store.write(removalOf(jobs, job, 'Background', fence));
    return outcome === 'kept' ? 0 : revision;
  }
}
