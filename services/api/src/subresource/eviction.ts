import {
  ApiError,
  budgetIsProcessed,
  forbiddenTo,
  guards,
  judgeEviction,
  type Pod,
  type PodDisruptionBudget,
  resourceByStorage,
  type Stored,
} from '@everynode/objects';
import { restrictEviction } from '../admission/node-restriction.js';
import { admitPosted } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import type { ActionRequest } from '../dispatch/resource-request.js';
import { readObject } from '../http/body.js';
import { getObject } from '../rest/get.js';
import { commit } from '../write/commit.js';
import type { DeleteOptions } from '../write/delete-options.js';
import { ownersOfUpdate } from '../write/field-owners.js';
import { placeInNamespace } from '../write/object-identity.js';
import { decideReplacement } from '../write/replacement.js';
import { objectOf } from '../write/stored-object.js';
import { subjectOf, type Target } from '../write/target.js';
import { deleteEvicted } from './delete-evicted.js';

const EVICTION = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  schema: 'io.k8s.api.policy.v1.Eviction',
  otherVersions: ['policy/v1beta1'],
};
const BUDGETS = 'poddisruptionbudgets.policy';
/** As upstream, an eviction is tried this often on a pod that others change meanwhile. */
const TRIES = 20;

/**
 * POST pods/NAME/eviction, which `kubectl drain` uses: a delete that asks the pod's disruption budget first.
 * @throws ApiError TooManyRequests when the budget is used up. Source: pkg/registry/core/pod/storage/eviction.go.
 */
export async function evictPod(context: ApiContext, request: ActionRequest): Promise<void> {
  const options = await evictionOptions(context, request);
  for (let tries = 1; ; tries += 1) {
    const pod = (await getObject(context, request)).object as Stored<Pod>;
    const unused = isExempt(pod) ? undefined : await useBudget(context, pod, options.dryRun);
    const { preconditions } = options;
    const isPinned = preconditions.resourceVersion === undefined && (unused !== undefined || mayTurnReady(pod));
    const resourceVersion = isPinned ? pod.metadata.resourceVersion : preconditions.resourceVersion;
    const pinned = { ...options, preconditions: { ...preconditions, ...(resourceVersion && { resourceVersion }) } };
    try {
      await deleteEvicted(context, { target: request, options: pinned });
      return;
    } catch (error) {
      if (!isPinned || !(error instanceof ApiError) || error.reason !== 'Conflict') throw error;
      if (unused !== undefined) throw violation(10, budgetIsProcessed(unused));
      if (tries >= TRIES) throw error;
    }
  }
}

/** What the eviction's body says of the delete. A dry run may be asked for there, or in the query. */
async function evictionOptions(context: ApiContext, request: ActionRequest): Promise<DeleteOptions> {
  const { name, body, query } = request;
  const { object } = await readObject(body, EVICTION, query.fieldValidation);
  if (object.metadata.name !== name) {
    throw new ApiError('BadRequest', 'name in URL does not match name in Eviction object');
  }
  placeInNamespace(request, object);
  restrictEviction(context, request);
  await admitPosted(context, { ...request, subresource: 'eviction' }, EVICTION, object);
  const { deleteOptions = {} } = object as { deleteOptions?: Partial<DeleteOptions> & { dryRun?: string[] } };
  const [inBody, inQuery] = [deleteOptions.dryRun ?? [], query.texts('dryRun')];
  if (inBody.length > 0 && inQuery.length > 0 && inBody.join() !== inQuery.join()) {
    const texts = `${goList(inQuery)} and ${goList(inBody)}`;
    throw new ApiError('BadRequest', `Non-matching dry-run options in request and content: ${texts}`);
  }
  const { gracePeriodSeconds, orphanDependents, propagationPolicy, preconditions = {} } = deleteOptions;
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    preconditions,
    dryRun: query.dryRun || inBody.length > 0,
  };
}

const goList = (texts: readonly string[]): string => `[${texts.join(' ')}]`;

/** A pod that is finished, being deleted or not yet started does not count in any budget. */
function isExempt({ metadata, status }: Pod): boolean {
  return metadata?.deletionTimestamp != null || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');
}

/** Such a pod is exempt only as long as it is unchanged. */
const mayTurnReady = ({ metadata, status }: Pod): boolean =>
  metadata?.deletionTimestamp == null && status?.phase === 'Pending';

/**
 * Records the eviction in the budget of the pod, where there is one. A pod that is not ready uses nothing of a budget
 * with enough healthy pods. Then this returns the budget's name, and the eviction must find the pod unchanged.
 */
async function useBudget(context: ApiContext, pod: Stored<Pod>, dryRun: boolean): Promise<string | undefined> {
  await context.freshReads.catchUp();
  const budgets = [...context.reflector.cache(BUDGETS).list(pod.metadata.namespace)].filter(({ object }) =>
    guards(object, pod),
  );
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError('InternalError', message);
  }
  const [found] = budgets;
  if (!found) return undefined;
  const { namespace, name } = found.record;
  const definition = resourceByStorage(BUDGETS);
  const target: Target = { definition, namespace, name };
  const owners = ownersOfUpdate({ definition, subresource: 'status', manager: 'kube-apiserver' });
  let isCounted = true;
  await commit(context, {
    target,
    dryRun,
    decide: (current) => {
      if (!current) return { kind: 'keep' };
      const budget = objectOf(target, current) as Stored<PodDisruptionBudget>;
      const verdict = judgeEviction(budget, pod, Date.now());
      if (verdict.kind === 'refuse') {
        throw forbiddenTo({ ...subjectOf(target), plural: 'poddisruptionbudget' }, verdict.because);
      }
      if (verdict.kind === 'wait') throw violation(verdict.retryAfterSeconds, verdict.because);
      isCounted = verdict.status !== undefined;
      if (!isCounted) return { kind: 'keep' };
      const object = { ...budget, status: verdict.status };
      return decideReplacement(context, { target, subresource: 'status', object, owners }, current);
    },
  });
  return isCounted ? undefined : name;
}

const violation = (retryAfterSeconds: number, because: string): ApiError =>
  new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: because }],
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
