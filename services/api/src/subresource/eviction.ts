import {
  ApiError,
  guards,
  judgeEviction,
  type Pod,
  type PodDisruptionBudget,
  resourceByStorage,
  type Stored,
} from '@everynode/objects';
import { restrictEviction } from '../admission/node-restriction.js';
import type { ApiContext } from '../api-context.js';
import type { ActionRequest } from '../dispatch/resource-request.js';
import { readObject } from '../http/body.js';
import { deleteObject } from '../rest/delete.js';
import { getObject } from '../rest/get.js';
import { commit } from '../write/commit.js';
import { placeInNamespace } from '../write/object-identity.js';
import { objectOf } from '../write/stored-object.js';
import type { Target } from '../write/target.js';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' };
const BUDGETS = 'poddisruptionbudgets.policy';

/**
 * POST pods/NAME/eviction, which `kubectl drain` uses: a delete that asks the pod's disruption budget first.
 * @throws ApiError TooManyRequests when the budget is used up. Source: pkg/registry/core/pod/storage/eviction.go.
 */
export async function evictPod(context: ApiContext, request: ActionRequest): Promise<void> {
  const { name, body, query } = request;
  const { object } = await readObject(body, EVICTION, query.fieldValidation);
  if (object.metadata.name !== name) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Eviction object');
  }
  placeInNamespace(request, object);
  restrictEviction(context, request);
  const given = (object as { deleteOptions?: { gracePeriodSeconds?: number; preconditions?: { uid?: string } } })
    .deleteOptions;
  const pod = (await getObject(context, request)).object as Stored<Pod>;
  const { dryRun } = query;
  if (!isExempt(pod)) await useBudget(context, pod, dryRun);
  await deleteObject(context, {
    target: request,
    options: {
      ...(given?.gracePeriodSeconds !== undefined && { gracePeriodSeconds: given.gracePeriodSeconds }),
      preconditions: given?.preconditions ?? {},
      dryRun,
    },
  });
}

/** A pod that is finished, being deleted or not yet started does not count in any budget. */
function isExempt({ metadata, status }: Pod): boolean {
  return metadata?.deletionTimestamp != null || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');
}

/** Records the eviction in the budget of the pod, where there is one. */
async function useBudget(context: ApiContext, pod: Stored<Pod>, dryRun: boolean): Promise<void> {
  await context.freshReads.catchUp();
  const budgets = [...context.reflector.cache(BUDGETS).list(pod.metadata.namespace)].filter(({ object }) =>
    guards(object, pod),
  );
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError('InternalError', message);
  }
  const [found] = budgets;
  if (!found) return;
  const { namespace, name } = found.record;
  const target: Target = { definition: resourceByStorage(BUDGETS), namespace, name };
  await commit(context, {
    target,
    dryRun,
    decide: (current) => {
      if (!current) return { kind: 'keep' };
      const budget = objectOf(target, current) as Stored<PodDisruptionBudget>;
      const verdict = judgeEviction(budget, pod, Date.now());
      if (verdict.kind === 'wait') throw violation(verdict.retryAfterSeconds, verdict.because);
      if (!verdict.status) return { kind: 'keep' };
      return { kind: 'update', parts: { observed: JSON.stringify(verdict.status) } };
    },
  });
}

const violation = (retryAfterSeconds: number, because: string): ApiError =>
  new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: because }],
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
