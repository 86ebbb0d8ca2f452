import type { CachedObject, ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { isEmptySelector, type StatefulSet, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { countedPod, ordinalOf, planStatefulSet } from '@everynode/workloads';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { claimOwned } from '../workloads/claim-objects.js';
import { decideWorkloadStatus } from '../workloads/decide-workload-status.js';
import { passMoment } from '../workloads/moment.js';
import { PodControl } from '../workloads/pod-control.js';
import { REVISIONS } from '../workloads/revision-store.js';
import { actOnPods, type StatefulSetStep } from './act-on-pods.js';
import { StatefulSetEvents } from './stateful-set-events.js';
import { syncRevisions, trimRevisions } from './sync-revisions.js';

const WORKERS = 8;
const STATEFUL_SETS = 'statefulsets.apps';
const OWNER = { apiVersion: 'apps/v1', kind: 'StatefulSet' };
const COMPONENT = 'statefulset-controller';
const KIND = { ...OWNER, component: COMPONENT, account: COMPONENT };

/** Keeps the pods of each StatefulSet by their ordinals, with their claims, and its revisions and status. */
export class StatefulSetController implements Controller {
  readonly name = 'statefulset';
  readonly #step: StatefulSetStep;
  readonly #statefulSets: ObjectCache<Stored<StatefulSet>>;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    const events = new StatefulSetEvents(context.recorder, OWNER, COMPONENT);
    this.#step = { ...context, events, pods: new PodControl(context, KIND, events) };
    this.#statefulSets = context.reflector.cache(STATEFUL_SETS);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#statefulSets),
    });
    context.owned.follow({
      owners: this.#statefulSets,
      selecting: (owner) => owner,
      owned: ['pods', REVISIONS],
      enqueue: (key) => this.#queue.add(key),
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#statefulSets.getByKey(key);
    if (!cached || isEmptySelector(cached.object.spec?.selector ?? {})) return undefined;
    const { object: set } = cached;
    const isMember = (pod: CachedObject) => ordinalOf(set, pod) !== undefined;
    const pods = await claimOwned(this.#step, cached, KIND, 'pods', fence, isMember);
    const revisions = await claimOwned(this.#step, cached, KIND, REVISIONS, fence);
    const claimed = Math.max(pods.written, revisions.written);
    if (claimed > 0) return await this.#again(claimed);
    const moment = passMoment();
    const known = revisions.owned.map(({ object }) => object);
    const synced = await syncRevisions(this.#step.store, set, known, moment.now, fence);
    if ('written' in synced) return await this.#again(synced.written);
    const own = pods.owned.map(countedPod);
    const claims = this.#step.reflector.cache('persistentvolumeclaims');
    const claimOf = (name: string) => claims.get(set.metadata.namespace, name)?.object;
    const plan = planStatefulSet({ set, pods: own, ...synced, claimOf, now: moment.now });
    const acted = await actOnPods(this.#step, set, plan, fence);
    const status = await this.#step.store.write({
      key: cached.record,
      reads: 'observed',
      fence,
      decide: (current) => decideWorkloadStatus(current, cached.record, plan.status),
    });
    const trimmed = await trimRevisions(this.#step.store, set, known, own, synced, fence);
    await caughtUp(this.#step, Math.max(acted.written, trimmed, status.outcome === 'kept' ? 0 : status.revision));
    if (acted.failure !== undefined) throw acted.failure;
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
  }

  async #again(written: number): Promise<ReconcileResult> {
    await caughtUp(this.#step, written);
    return { requeueAfterMs: 0 };
  }
}
