import { claimOf, ownerReferenceTo } from '@everynode/daemonset';
import type { WriteRequest } from '@everynode/store';
import { decideAdoption, decideRelease } from './decide-ownership.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';

const CLAIMED_RESOURCES = ['pods', 'controllerrevisions.apps'] as const;

/**
 * Adopts the pods and revisions that the DaemonSet selects and that have no controller, and releases those of its own
 * that it does not select any more. Returns the last revision it wrote, 0 for none.
 * @throws Error when the DaemonSet was deleted or replaced and the cache does not show that yet.
 */
export async function claimObjects(context: StepContext, pass: ReconcilePass): Promise<number> {
  const { state } = pass;
  if (!state.claimsDue) return 0;
  const requests = claimRequests(context, pass);
  state.claimsDue = false;
  if (requests.length === 0) return 0;
  try {
    await requireSameDaemonSet(context, pass);
    const results = await Promise.all(requests.map((request) => context.store.write(request)));
    return Math.max(...results.map((result) => (result.outcome === 'kept' ? 0 : result.revision)));
  } catch (error) {
    state.claimsDue = true;
    throw error;
  }
}

function claimRequests(
  { reflector }: StepContext,
  { daemonSet, cached, state, fence }: ReconcilePass,
): WriteRequest<'all'>[] {
  const owner = ownerReferenceTo(daemonSet);
  const requests: WriteRequest<'all'>[] = [];
  for (const resource of CLAIMED_RESOURCES) {
    for (const object of reflector.cache(resource).list(cached.record.namespace)) {
      const claim = claimOf(daemonSet, object);
      if (claim !== 'adopt' && claim !== 'release') continue;
      const { namespace, name, uid } = object.record;
      requests.push({
        key: { resource, namespace, name },
        reads: 'all',
        fence,
        decide: (current) =>
          claim === 'adopt' ? decideAdoption(current, uid, owner) : decideRelease(current, uid, state.uid),
      });
    }
  }
  return requests;
}

/** The cache may be behind the store: a DaemonSet that was deleted, or made anew under its name, must not adopt. */
async function requireSameDaemonSet({ store }: StepContext, { cached }: ReconcilePass): Promise<void> {
  const { resource, namespace, name, uid } = cached.record;
  const stored = await store.get(resource, namespace, name);
  if (stored?.uid !== uid || stored.metadata.includes('"deletionTimestamp"')) {
    throw new Error('the DaemonSet was deleted or replaced before it could claim its objects');
  }
}
