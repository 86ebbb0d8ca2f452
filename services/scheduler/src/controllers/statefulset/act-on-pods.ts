import {
  type PersistentVolumeClaim,
  resourceByStorage,
  type StatefulSet,
  type Stored,
  splitObject,
} from '@everynode/objects';
import { editMetadata, type Fence, type ObjectKey } from '@everynode/store';
import type { NewStatefulPod, StatefulSetPlan } from '@everynode/workloads';
import type { SchedulerContext } from '../../scheduler-context.js';
import { completed, creationOf, NameTakenError } from '../workloads/new-object.js';
import { isOpen } from '../workloads/open-namespace.js';
import type { PodControl } from '../workloads/pod-control.js';
import { slowStart, type Writes } from '../workloads/slow-start.js';
import type { StatefulSetEvents } from './stateful-set-events.js';

const CLAIMS = 'persistentvolumeclaims';
const claims = resourceByStorage(CLAIMS);

/** What the steps of a pass get from the controller. */
export interface StatefulSetStep extends SchedulerContext {
  pods: PodControl;
  events: StatefulSetEvents;
}

/** A claim that a pod needs is going away. It has to be gone before the pod is created. */
class ClaimDeletingError extends Error {
  override readonly name = 'ClaimDeletingError';
  readonly retryable = true;
}

/** Does what a pass has decided. What fails stops what comes after it. */
export async function actOnPods(
  step: StatefulSetStep,
  set: Stored<StatefulSet>,
  plan: StatefulSetPlan,
  fence: Fence,
): Promise<Writes> {
  let written = 0;
  const all = async <T>(items: readonly T[], write: (item: T) => Promise<number>): Promise<void> => {
    const done = await slowStart(items.length, (index) => write(items[index] as T));
    written = Math.max(written, done.written);
    if (done.failure !== undefined) throw done.failure;
  };
  try {
    if (isOpen(step, set.metadata.namespace)) {
      await all(plan.missingClaims, ({ pod, claim }) => ensureClaim(step, set, pod, claim, fence));
      await all(plan.creates, (pod) => createPod(step, set, pod, fence));
    }
    await all(plan.labelled, ({ pod, labels }) => label(step, set, pod.metadata, labels, fence));
    await all(plan.claimOwners, (owners) => writeOwners(step, owners, fence));
    const deleted = await step.pods.delete(set, plan.deletes, fence);
    return { written: Math.max(written, deleted.written), failure: deleted.failure };
  } catch (failure) {
    return { written, failure };
  }
}

async function createPod(
  step: StatefulSetStep,
  set: Stored<StatefulSet>,
  { name, template, claims: needed }: NewStatefulPod,
  fence: Fence,
): Promise<number> {
  for (const claim of needed) await ensureClaim(step, set, name, claim, fence);
  const { written, failure } = await step.pods.create(set, { name, template }, 1, fence);
  if (failure !== undefined) throw failure;
  return written;
}

/**
 * Creates a claim where it is missing. Returns the revision, 0 where it is there.
 * Source: stateful_pod_control.go, createPersistentVolumeClaims.
 */
async function ensureClaim(
  { store, reflector, events }: StatefulSetStep,
  set: Stored<StatefulSet>,
  pod: string,
  claim: PersistentVolumeClaim,
  fence: Fence,
): Promise<number> {
  const { namespace } = set.metadata;
  const name = claim.metadata?.name ?? '';
  const stored = reflector.cache(CLAIMS).get(namespace, name);
  if (stored && stored.metadata.deletionTimestamp === undefined) return 0;
  if (stored) {
    const deleting = new ClaimDeletingError(`pvc ${name} is being deleted`);
    events.createRefused(set, deleting, pod);
    throw deleting;
  }
  const object = completed(claims, { ...claim, metadata: { ...claim.metadata, name, namespace } });
  const key: ObjectKey = { resource: CLAIMS, namespace, name };
  try {
    const created = { uid: object.metadata.uid, parts: splitObject(object), placement: null };
    const { revision } = await store.write(creationOf(key, created, fence));
    events.claimCreated(set, pod, name);
    return revision;
  } catch (error) {
    // Another one made it meanwhile; the caches will show it.
    if (error instanceof NameTakenError) return 0;
    if (error instanceof Error) events.claimRefused(set, pod, name, error);
    throw error;
  }
}

async function label(
  { store, events }: StatefulSetStep,
  set: Stored<StatefulSet>,
  { namespace, name, uid }: Stored<StatefulSet>['metadata'],
  labels: Record<string, string>,
  fence: Fence,
): Promise<number> {
  const { outcome, revision } = await store.write({
    key: { resource: 'pods', namespace, name },
    reads: 'all-but-desired',
    fence,
    decide: (current) =>
      current?.uid === uid
        ? editMetadata(current, (metadata) => ({ ...metadata, labels: { ...metadata.labels, ...labels } }))
        : { kind: 'keep' },
  });
  if (outcome === 'kept') return 0;
  events.updated(set, name);
  return revision;
}

async function writeOwners(
  { store }: StatefulSetStep,
  { claim, dueOwners }: StatefulSetPlan['claimOwners'][number],
  fence: Fence,
): Promise<number> {
  const { namespace, name, uid } = claim.metadata;
  const { outcome, revision } = await store.write({
    key: { resource: CLAIMS, namespace, name },
    reads: 'all-but-desired',
    fence,
    decide: (current) =>
      current?.uid === uid
        ? editMetadata(current, ({ ownerReferences: before, ...metadata }) => {
            // Another writer may have set owners since the plan was made: they stay.
            const ownerReferences = dueOwners(before);
            if (!ownerReferences) return undefined;
            return ownerReferences.length > 0 ? { ...metadata, ownerReferences } : metadata;
          })
        : { kind: 'keep' },
  });
  return outcome === 'kept' ? 0 : revision;
}
