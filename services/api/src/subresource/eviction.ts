import type { ApiContext } from '../api-context.js';
import type { Query } from '../query.js';
import { type Body, readObject } from '../rest/body.js';
import { deleteObject } from '../rest/delete.js';
import type { Target } from '../rest/stored.js';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' };

/** POST pods/NAME/eviction, which `kubectl drain` uses. There are no disruption budgets yet, so it is a delete. */
export async function evictPod(context: ApiContext, target: Target, body: Body, query: Query): Promise<void> {
  const { object } = readObject(body, EVICTION, query.fieldValidation);
  const given = (object as { deleteOptions?: { gracePeriodSeconds?: number; preconditions?: { uid?: string } } })
    .deleteOptions;
  await deleteObject(context, target, {
    ...(given?.gracePeriodSeconds !== undefined && { gracePeriodSeconds: given.gracePeriodSeconds }),
    preconditions: given?.preconditions ?? {},
    dryRun: query.dryRun,
  });
}
