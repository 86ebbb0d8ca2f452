import { caughtUp } from '../caught-up.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';

/** A store that takes this long to answer, in ms, was away: what agents report meanwhile is not heard yet. */
const AWAY_MS = 2000;

/**
 * Before a deadline counts as passed, everything that is committed is looked at once more: the caches may be behind,
 * and some changes of a node's conditions make no node due. Returns whether that was done for this verdict; when it was
 * not, the next pass sees the result. An outage that only this question brings to light starts the clock anew.
 */
export async function confirmVerdict(
  context: StepContext,
  { state }: ReconcilePass,
  { at }: { at: number },
): Promise<boolean> {
  const { watch } = state;
  if (watch.confirmedAt === at) return true;
  const askedAt = performance.now();
  try {
    await caughtUp(context, await context.store.currentRevision());
  } catch (error) {
    watch.restart();
    throw error;
  }
  if (performance.now() - askedAt > AWAY_MS) watch.restart();
  else watch.confirmedAt = at;
  for (const node of watch.nodesOnTrial()) state.markDirty(node);
  return false;
}
