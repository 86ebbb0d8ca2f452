import type { CachedObject, ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { controllerOf, type Job, type Pod, resourceByStorage, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import {
  countedPod,
  expiresInMs,
  isForeignJob,
  isTracked,
  type JobPlan,
  jobPodTemplate,
  planJob,
} from '@everynode/workloads';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { claimOwned } from '../workloads/claim-objects.js';
import { decideWorkloadStatus, isAsSeen } from '../workloads/decide-workload-status.js';
import { passMoment } from '../workloads/moment.js';
import { isOpen } from '../workloads/open-namespace.js';
import { PodControl } from '../workloads/pod-control.js';
import { removalOf } from '../workloads/removal.js';
import type { Writes } from '../workloads/slow-start.js';
import { decideUntracked } from './decide-job.js';

const WORKERS = 8;
/**
 * Changes of many pods meet in one pass: a Job waits so long for each active pod, in ms, and no longer than upstream.
 * Source: job_controller.go, syncJobBatchPeriod.
 */
const PER_POD_MS = 0.1;
const LONGEST_BATCH_MS = 1000;
const JOBS = 'jobs.batch';
const KIND = { apiVersion: 'batch/v1', kind: 'Job', component: 'job-controller', account: 'job-controller' };
const jobs = resourceByStorage(JOBS);

type CachedJob = CachedObject<Stored<Job>>;

/** Runs the pods of Jobs to their end, counts them, and deletes finished Jobs whose time is over. */
export class JobController implements Controller {
  readonly name = 'job';
  readonly #context: SchedulerContext;
  readonly #jobs: ObjectCache<Stored<Job>>;
  readonly #pods: PodControl;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#jobs = context.reflector.cache(JOBS);
    this.#pods = new PodControl(context, KIND);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => new Set([...keysOf(this.#jobs), ...this.#trackedKeys()]),
    });
    context.owned.follow({
      owners: this.#jobs,
      selecting: (owner) => owner,
      owned: ['pods'],
      enqueue: (key) => this.#queue.add(key),
      enqueueForOwned: (key) => this.#queue.addAfter(key, this.#batchMs(key)),
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  /** How long a change of a pod waits for others, in ms. */
  #batchMs(key: string): number {
    const active = this.#jobs.getByKey(key)?.object.status?.active ?? 0;
    return Math.min(active * PER_POD_MS, LONGEST_BATCH_MS);
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#jobs.getByKey(key);
    const strays = await this.#release(this.#straysOf(key, cached?.record.uid), fence);
    if (!cached) {
      await caughtUp(this.#context, strays);
      return undefined;
    }
    if (isForeignJob(cached.object)) return await this.#expire(cached, {}, passMoment().now, fence);
    const { owned, written } = await claimOwned(this.#context, cached, KIND, 'pods', fence);
    if (written > 0 || strays > 0) {
      await caughtUp(this.#context, Math.max(written, strays));
      return { requeueAfterMs: 0 };
    }
    const pods = owned.map(countedPod);
    if (cached.metadata.deletionTimestamp !== undefined) {
      await caughtUp(this.#context, await this.#release(pods.filter(isTracked), fence));
      return undefined;
    }
    return this.#advance(cached, pods, fence);
  }

  async #advance(cached: CachedJob, pods: readonly Stored<Pod>[], fence: Fence): Promise<ReconcileResult> {
    const { object: job, record } = cached;
    const { now, at } = passMoment();
    const plan = planJob(job, pods, now, at);
    let isOutdated = false;
    const { outcome, revision } = await this.#context.store.write({
      key: record,
      reads: 'observed',
      fence,
      decide: (current) => {
        isOutdated = !isAsSeen(current, record);
        return decideWorkloadStatus(current, record, plan.status);
      },
    });
    // No pod may lose its finalizer before the status tells of it.
    if (isOutdated) return undefined;
    for (const { type, reason, message } of plan.events) this.#pods.events.record(job, type, reason, message);
    const released = await this.#release(plan.released, fence);
    const managed = await this.#manage(job, plan, fence);
    await caughtUp(this.#context, Math.max(outcome === 'kept' ? 0 : revision, released, managed.written));
    if (managed.failure !== undefined) throw managed.failure;
    return await this.#expire(cached, plan, now, fence);
  }

  async #manage(job: Stored<Job>, { create, deletes }: JobPlan, fence: Fence): Promise<Writes> {
    if (deletes.length > 0) return await this.#pods.delete(job, deletes, fence);
    const { name, namespace } = job.metadata;
    if (create.length === 0 || !job.spec || !isOpen(this.#context, namespace))
      return { written: 0, failure: undefined };
    const { template } = job.spec;
    const [first] = create;
    if (first?.index === undefined) {
      return await this.#pods.create(job, { template: jobPodTemplate(template, name) }, create.length, fence);
    }
    const each = create.map((one) => ({
      prefix: `${name}-${one.index}`,
      template: jobPodTemplate(template, name, one),
    }));
    return await this.#pods.createEach(job, each, fence);
  }

  /** Deletes the Job when it is finished for long enough. Source: pkg/controller/ttlafterfinished. */
  async #expire(
    { object: job }: CachedJob,
    plan: Partial<Pick<JobPlan, 'status' | 'requeueAfterMs'>>,
    now: number,
    fence: Fence,
  ): Promise<ReconcileResult> {
    const leftMs = expiresInMs({ ...job, ...(plan.status && { status: plan.status }) }, now);
    if (leftMs === undefined) {
      return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: Math.max(0, plan.requeueAfterMs) };
    }
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    const { revision } = await this.#context.store.write(removalOf(jobs, job, 'Foreground', fence));
    await caughtUp(this.#context, revision);
    return undefined;
  }

  /** Takes the finalizer off pods. Returns the last revision, 0 for none. */
  async #release(pods: readonly Stored<Pod>[], fence: Fence): Promise<number> {
    const results = await Promise.all(
      pods.map(({ metadata: { namespace, name, uid } }) =>
        this.#context.store.write({
          key: { resource: 'pods', namespace, name },
          reads: 'all-but-desired',
          fence,
          decide: (current) => decideUntracked(current, uid),
        }),
      ),
    );
    return results.reduce((last, { outcome, revision }) => (outcome === 'kept' ? last : Math.max(last, revision)), 0);
  }

  /**
   * Pods that still have the finalizer of a Job which is gone, or which another one of its name has replaced. One
   * without a controller was orphaned with its Job's deletion.
   */
  #straysOf(key: string, uid: string | undefined): Stored<Pod>[] {
    const [namespace = ''] = key.split('/');
    const pods = this.#context.reflector.cache('pods');
    return [...pods.find('tracked', key), ...pods.find('tracked', `${namespace}/`)]
      .filter(({ metadata }) => controllerOf(metadata)?.uid !== uid || uid === undefined)
      .map(countedPod);
  }

  /** The Jobs of pods that have their finalizer, whether the Job is there or not. */
  #trackedKeys(): string[] {
    return [...this.#context.reflector.cache('pods').values('tracked')].filter((key) => !key.endsWith('/'));
  }
}
