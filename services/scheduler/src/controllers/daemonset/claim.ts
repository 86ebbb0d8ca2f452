import type { CachedObject } from '@everynode/list-watch';
import type { WriteRequest } from '@everynode/store';
import { claimAll, claimRequests } from '../workloads/claim-objects.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';

const CLAIMED_RESOURCES = ['pods', 'controllerrevisions.apps'] as const;
const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet' };

/**
 * Adopts the pods and revisions that the DaemonSet selects and that have no controller, and releases those of its own
 * that it does not select any more. Returns the last revision it wrote, 0 for none.
 * @throws Error when the DaemonSet was deleted or replaced and the cache does not show that yet.
 */
export async function claimObjects(context: StepContext, pass: ReconcilePass): Promise<number> {
  const { state, cached } = pass;
  if (!state.claimsDue) return 0;
  const requests = requestsOf(context, pass);
  state.claimsDue = false;
  try {
    return await claimAll(context, cached, requests);
  } catch (error) {
    state.claimsDue = true;
    throw error;
  }
}

function requestsOf({ reflector }: StepContext, { cached, fence }: ReconcilePass): WriteRequest<'all'>[] {
  const { namespace } = cached.record;
  const objects = CLAIMED_RESOURCES.flatMap((resource): CachedObject[] => [
    ...reflector.cache(resource).list(namespace),
  ]);
  return claimRequests(cached, DAEMON_SET, objects, fence);
}
