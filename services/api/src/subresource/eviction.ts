import {
  ApiError,
  guards,
  judgeEviction,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  resourceByStorage,
} from '@everynode/objects';
import type { Decision } from '@everynode/store';
import type { ApiContext } from '../api-context.js';
import { type Body, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import { deleteObject } from '../rest/delete.js';
import { getObject } from '../rest/get.js';
import { commit, objectOf, type Target } from '../write/commit.js';
import { placeInNamespace } from '../write/object-identity.js';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' };
const BUDGETS = 'poddisruptionbudgets.policy';

/**
 * POST pods/NAME/eviction, which `kubectl drain` uses: a delete that asks the pod's disruption budget first.
 * @throws ApiError TooManyRequests when the budget has nothing left. Source: pkg/registry/core/pod/storage/eviction.go.
 */
export async function evictPod(context: ApiContext, target: Target, body: Body, query: Query): Promise<void> {
  const { object } = readObject(body, EVICTION, query.fieldValidation);
  if (object.metadata.name !== target.name) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Eviction object');
  }
  placeInNamespace(target, object);
  const given = (object as { deleteOptions?: { gracePeriodSeconds?: number; preconditions?: { uid?: string } } })
    .deleteOptions;
  const pod = (await getObject(context, target.definition, target.namespace, target.name, query)).object as Pod;
  if (!isSpare(pod)) await useBudget(context, pod, query.dryRun);
  await deleteObject(context, target, {
    ...(given?.gracePeriodSeconds !== undefined && { gracePeriodSeconds: given.gracePeriodSeconds }),
    preconditions: given?.preconditions ?? {},
    dryRun: query.dryRun,
  });
}

/** A pod that serves nobody any more, or not yet, is no loss to any budget. */
function isSpare({ metadata, status }: Pod): boolean {
  return metadata?.deletionTimestamp != null || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');
}

async function useBudget(context: ApiContext, pod: Pod, dryRun: boolean): Promise<void> {
  await context.freshReads.catchUp();
  const budgets = [...context.reflector.cache(BUDGETS).list(pod.metadata?.namespace)].filter(({ object }) =>
    guards(object as unknown as PodDisruptionBudget, pod),
  );
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError('InternalError', message);
  }
  const [found] = budgets;
  if (!found) return;
  const { namespace, name } = found.record;
  const budget: Target = { definition: resourceByStorage(BUDGETS), namespace, name };
  await commit(context, budget, dryRun, (current): Decision => {
    if (!current) return { kind: 'keep' };
    const stored = objectOf(budget, current) as unknown as PodDisruptionBudget & { status?: PodDisruptionBudgetStatus };
    const verdict = judgeEviction(stored, pod, Date.now());
    if (verdict.kind === 'wait') throw violation(verdict.retryAfterSeconds, verdict.because);
    return verdict.status ? { kind: 'update', parts: { observed: JSON.stringify(verdict.status) } } : { kind: 'keep' };
  });
}

const violation = (retryAfterSeconds: number, because: string): ApiError =>
  new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: because }],
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
