import {
  controllerOf,
  type Deployment,
  type ReplicaSet,
  resourceByStorage,
  type Stored,
  splitObject,
} from '@everynode/objects';
import type { Current, Fence, ObjectKey, WriteRequest } from '@everynode/store';
import { type DeploymentPlan, isSameTemplate, type NewReplicaSet } from '@everynode/workloads';
import { isRefusal } from '../reconcile-backoff.js';
import { decideCollision } from '../workloads/decide-collision.js';
import { passMoment } from '../workloads/moment.js';
import { completed, HashCollisionError } from '../workloads/new-object.js';
import { isOpen } from '../workloads/open-namespace.js';
import { removalOf } from '../workloads/removal.js';
import { decideRefused, decideResize } from './decide-deployment.js';
import type { DeploymentStep } from './deployment-step.js';

const replicaSets = resourceByStorage('replicasets.apps');

/**
 * Creates, changes and deletes the ReplicaSets of a Deployment. Returns the last revision that was written, 0 for none.
 * @throws HashCollisionError after it has raised the collision count; ApiError for a ReplicaSet that was refused, which
 * the Deployment's status then tells.
 */
export async function actOnReplicaSets(
  step: DeploymentStep,
  deployment: Stored<Deployment>,
  { create, updates, deletes }: DeploymentPlan,
  fence: Fence,
): Promise<number> {
  const writes: WriteRequest<'all'>[] = [
    ...updates.map(
      (change): WriteRequest<'all'> => ({
        key: keyOf(change.stored),
        reads: 'all',
        fence,
        decide: (current) => decideResize(current, change),
      }),
    ),
    ...deletes.map((stored) => removalOf(replicaSets, stored, 'Background', fence)),
  ];
  if (create && isOpen(step, deployment.metadata.namespace)) await createReplicaSet(step, deployment, create, fence);
  const results = await Promise.all(writes.map((write) => step.store.write(write)));
  return Math.max(0, ...results.map(({ outcome, revision }) => (outcome === 'kept' ? 0 : revision)));
}

const keyOf = ({ metadata }: { metadata: { namespace: string; name: string } }): ObjectKey => ({
  resource: 'replicasets.apps',
  namespace: metadata.namespace,
  name: metadata.name,
});

async function createReplicaSet(
  { store, events }: DeploymentStep,
  deployment: Stored<Deployment>,
  create: NewReplicaSet,
  fence: Fence,
): Promise<void> {
  const { uid } = deployment.metadata;
  const object = completed(replicaSets, create);
  const own = {
    key: { ...keyOf(deployment), resource: 'deployments.apps' } as const,
    reads: 'all-but-desired',
    fence,
  } as const;
  try {
    await store.write({
      key: keyOf(create),
      reads: 'all',
      fence,
      decide: (current) => {
        if (!current) return { kind: 'create', uid: object.metadata.uid, parts: splitObject(object), placement: null };
        if (isSameReplicaSet(current, uid, create)) return { kind: 'keep' };
        throw new HashCollisionError(create.metadata.name);
      },
    });
  } catch (error) {
    if (error instanceof HashCollisionError) {
      const used = deployment.status?.collisionCount;
      await store.write({ ...own, decide: (current) => decideCollision(current, uid, used) });
    } else if (isRefusal(error)) {
      const message = `Failed to create new replica set "${create.metadata.name}": ${error.message}`;
      events.record(deployment, 'Warning', 'ReplicaSetCreateError', message);
      await store.write({ ...own, decide: (current) => decideRefused(current, uid, message, passMoment().at) });
    }
    throw error;
  }
}

function isSameReplicaSet(current: Current<'all'>, owner: string, { spec }: NewReplicaSet): boolean {
  const { ownerReferences = [] } = JSON.parse(current.metadata) as Pick<NewReplicaSet['metadata'], 'ownerReferences'>;
  const stored = JSON.parse(current.desired) as Pick<ReplicaSet, 'spec'>;
  return controllerOf({ ownerReferences })?.uid === owner && isSameTemplate(stored.spec?.template, spec.template);
}
