import { notFound, type Pod, type Stored, timestamp, withPodCondition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { deleteObject } from '../rest/delete.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { checkPreconditions, type Deletion } from '../write/deletion.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf } from '../write/target.js';

/** Source: pkg/registry/core/pod/storage/eviction.go, addConditionAndDeletePod. */
const DISRUPTED = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
} as const;

/**
 * Deletes an evicted pod, and says in its status why. Controllers that watch pods see the reason before the deletion.
 * No webhook and no policy is asked, as upstream: the budget has been used by now.
 * @throws ApiError Conflict for preconditions that do not hold, NotFound.
 */
export async function deleteEvicted(shared: ApiContext, deletion: Deletion): Promise<void> {
  const { dynamic: _dynamic, ...context } = shared;
  const { target, options } = deletion;
  const { preconditions, dryRun } = options;
  if (dryRun) {
    await deleteObject(context, deletion);
    return;
  }
  const { object } = await commit(context, {
    target,
    dryRun,
    decide: (current) => {
      if (!current) throw notFound(subjectOf(target));
      checkPreconditions(target, current, options);
      const pod = objectOf(target, current) as Stored<Pod>;
      const conditions = withPodCondition(pod.status?.conditions, DISRUPTED, timestamp(Date.now()));
      return decisionFor(target, { ...pod, status: { ...pod.status, conditions } }, current);
    },
  });
  // The precondition was about the pod before this function changed it.
  const resourceVersion = preconditions.resourceVersion && String(object.record.revision);
  const renewed = { ...preconditions, ...(resourceVersion && { resourceVersion }) };
  await deleteObject(context, { target, options: { ...options, preconditions: renewed } });
}
