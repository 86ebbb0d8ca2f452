import type { CachedObject, ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { type Deployment, isEmptySelector, type ReplicaSet, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import { countedPod, planDeployment } from '@everynode/workloads';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { claimOwned } from '../workloads/claim-objects.js';
import { passMoment } from '../workloads/moment.js';
import { WorkloadEvents } from '../workloads/workload-events.js';
import { actOnReplicaSets } from './act-on-replica-sets.js';
import { decideDeployment } from './decide-deployment.js';
import type { DeploymentStep } from './deployment-step.js';

const WORKERS = 8;
const DEPLOYMENTS = 'deployments.apps';
const REPLICA_SETS = 'replicasets.apps';
const KIND = { apiVersion: 'apps/v1', kind: 'Deployment' };

/** Rolls the template of each Deployment out over ReplicaSets, and keeps its status. */
export class DeploymentController implements Controller {
  readonly name = 'deployment';
  readonly #context: DeploymentStep;
  readonly #deployments: ObjectCache<Stored<Deployment>>;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    const events = new WorkloadEvents(context.recorder, KIND, 'deployment-controller');
    this.#context = { ...context, events };
    this.#deployments = context.reflector.cache(DEPLOYMENTS);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#deployments),
    });
    context.owned.follow({
      owners: this.#deployments,
      selecting: (owner) => owner,
      owned: [REPLICA_SETS],
      enqueue: (key) => this.#queue.add(key),
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#deployments.getByKey(key);
    if (!cached) return undefined;
    const deployment = cached.object;
    if (isEmptySelector(deployment.spec?.selector ?? {})) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.';
      this.#context.events.record(deployment, 'Warning', 'SelectingAll', message);
      return undefined;
    }
    const { owned, written } = await claimOwned(this.#context, cached, KIND, REPLICA_SETS, fence);
    if (written > 0) {
      await caughtUp(this.#context, written);
      return { requeueAfterMs: 0 };
    }
    return this.#advance(cached, owned, fence);
  }

  async #advance(
    cached: CachedObject<Stored<Deployment>>,
    owned: readonly CachedObject<Stored<ReplicaSet>>[],
    fence: Fence,
  ): Promise<ReconcileResult> {
    const { object: deployment, record } = cached;
    const pods = this.#context.reflector.cache('pods');
    const plan = planDeployment({
      deployment,
      replicaSets: owned.map(({ object }) => object),
      pods: () => owned.flatMap((one) => Array.from(pods.find('byOwner', one.record.uid), countedPod)),
      ...passMoment(),
    });
    const acted = await actOnReplicaSets(this.#context, deployment, plan, fence);
    const { outcome, revision } = await this.#context.store.write({
      key: record,
      reads: 'all-but-desired',
      fence,
      decide: (current) => decideDeployment(current, record, plan),
    });
    for (const { type, reason, message } of plan.events) {
      this.#context.events.record(deployment, type, reason, message);
    }
    await caughtUp(this.#context, Math.max(acted, outcome === 'kept' ? 0 : revision));
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
  }
}
