import { type ConditionView, GOOD_REVISION_ANNOTATION, isPastDeadline, isRolledOut } from '@everynode/daemonset';
import type { WriteRequest, WriteResult } from '@everynode/store';
import { decideMark, decideRollback, rollbackTarget } from './decide-rollback.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';
import { REVISIONS, revisionsOf } from './revision-store.js';

/**
 * Does what follows from the state of a rollout, for owners who ask for rollbacks: marks the revision as good once
 * every node runs it, and puts the last good one back when there is no progress until the deadline. `isNewlyStuck`: the
 * deadline has passed since the last pass, so it is recorded once if there is no revision to go back to.
 */
export async function followUp(
  context: StepContext,
  pass: ReconcilePass,
  view: ConditionView,
  { isNewlyStuck }: { isNewlyStuck: boolean },
): Promise<void> {
  if (!view.limits.rollback) return;
  if (isRolledOut(view)) await markAsGood(context, pass);
  else if (isPastDeadline(view)) await rollBack(context, pass, isNewlyStuck);
}

async function markAsGood(context: StepContext, pass: ReconcilePass): Promise<void> {
  const { daemonSet, cached, state } = pass;
  const hash = state.currentHash;
  if (daemonSet.metadata?.annotations?.[GOOD_REVISION_ANNOTATION] === hash) return;
  await write(context, pass, (current) => decideMark(current, cached.record.uid, hash));
}

async function rollBack(context: StepContext, pass: ReconcilePass, isNewlyStuck: boolean): Promise<void> {
  const { daemonSet, state } = pass;
  const { events, reflector } = context;
  const failed = state.currentHash;
  const target = rollbackTarget(daemonSet, revisionsOf(reflector.cache(REVISIONS), state.uid), failed);
  if (!target) {
    if (isNewlyStuck) events.rollbackImpossible(daemonSet);
    return;
  }
  const { outcome } = await write(context, pass, (current) => decideRollback(current, daemonSet, target, failed));
  if (outcome !== 'kept') events.rolledBack(daemonSet, failed, target);
}

function write(
  { store }: StepContext,
  { cached, fence }: ReconcilePass,
  decide: WriteRequest<'all'>['decide'],
): Promise<WriteResult> {
  return store.write({ key: cached.record, reads: 'all', fence, decide });
}
