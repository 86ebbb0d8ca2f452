import type { CachedObject, ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { controllerOf, type Pod, type ReplicaSet, type Stored, type StoredKinds } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import {
  countedPod,
  manageReplicas,
  nextAvailableInMs,
  type ReplicaFailure,
  replicaSetStatus,
} from '@everynode/workloads';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { claimOwned } from '../workloads/claim-objects.js';
import { decideWorkloadStatus } from '../workloads/decide-workload-status.js';
import { passMoment } from '../workloads/moment.js';
import { isOpen } from '../workloads/open-namespace.js';
import { messageOf, PodControl } from '../workloads/pod-control.js';
import type { Writes } from '../workloads/slow-start.js';
import type { ReplicaKind, ReplicaResource } from './replica-kinds.js';

const WORKERS = 8;

/** What was done to pods, and what failed where something did. */
type Managed = Writes & { reason?: ReplicaFailure['reason'] };

type CachedReplicaSet = Pick<CachedObject<Stored<ReplicaSet>>, 'record' | 'metadata' | 'object'>;

/** Keeps as many pods as each object of a kind with replicas asks for, and its status. */
export class ReplicaSetController<R extends ReplicaResource> implements Controller {
  readonly name: string;
  readonly #context: SchedulerContext;
  readonly #kind: ReplicaKind<R>;
  readonly #owners: ObjectCache<StoredKinds[R]>;
  readonly #pods: PodControl;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext, kind: ReplicaKind<R>) {
    this.name = kind.name;
    this.#context = context;
    this.#kind = kind;
    this.#owners = context.reflector.cache(kind.resource);
    this.#pods = new PodControl(context, kind.owner);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#owners),
    });
    context.owned.follow({
      owners: this.#owners,
      selecting: kind.replicaSetOf,
      owned: ['pods'],
      enqueue: (key) => this.#queue.add(key),
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const found = this.#owners.getByKey(key);
    if (!found) return undefined;
    const { record, metadata } = found;
    const cached = { record, metadata, object: this.#kind.replicaSetOf(found.object) };
    const { owned, written } = await claimOwned(this.#context, cached, this.#kind.owner, 'pods', fence);
    if (written > 0) {
      await caughtUp(this.#context, written);
      return { requeueAfterMs: 0 };
    }
    const pods = owned.map(countedPod);
    const managed = await this.#manage(cached, pods, fence);
    const status = await this.#writeStatus(cached, pods, managed, fence);
    await caughtUp(this.#context, Math.max(managed.written, status));
    if (managed.failure !== undefined) throw managed.failure;
    const waitMs = nextAvailableInMs(pods, cached.object.spec?.minReadySeconds, passMoment().now);
    return waitMs === undefined ? undefined : { requeueAfterMs: waitMs };
  }

  async #manage(
    { object: replicaSet, record }: CachedReplicaSet,
    pods: readonly Stored<Pod>[],
    fence: Fence,
  ): Promise<Managed> {
    const { create, deletes } = manageReplicas(
      replicaSet,
      pods,
      () => this.#related(replicaSet, pods),
      passMoment().now,
    );
    if (deletes.length > 0) {
      return { reason: 'FailedDelete', ...(await this.#pods.delete(replicaSet, deletes, fence)) };
    }
    if (create === 0 || !isOpen(this.#context, record.namespace)) return { written: 0, failure: undefined };
    const { template } = replicaSet.spec ?? {};
    return { reason: 'FailedCreate', ...(await this.#pods.create(replicaSet, { template }, create, fence)) };
  }

  /** The pods of all ReplicaSets of the same Deployment. Source: replica_set.go, getIndirectlyRelatedPods. */
  #related({ metadata }: Stored<ReplicaSet>, own: readonly Stored<Pod>[]): readonly Pod[] {
    const owner = controllerOf(metadata);
    if (!owner) return own;
    const pods = this.#context.reflector.cache('pods');
    const siblings = [...this.#owners.find('byOwner', owner.uid)];
    return siblings.flatMap(({ record }) => Array.from(pods.find('byOwner', record.uid), countedPod));
  }

  /** Returns the revision of the status, 0 where it stays. */
  async #writeStatus(
    { object: replicaSet, record }: CachedReplicaSet,
    pods: readonly Stored<Pod>[],
    { failure, reason }: Managed,
    fence: Fence,
  ): Promise<number> {
    const failed = failure !== undefined && reason ? { reason, message: messageOf(failure) } : undefined;
    const status = replicaSetStatus(replicaSet, pods, failed, passMoment());
    const { outcome, revision } = await this.#context.store.write({
      key: record,
      reads: 'observed',
      fence,
      decide: (current) => decideWorkloadStatus(current, record, status),
    });
    return outcome === 'kept' ? 0 : revision;
  }
}
