import {
  type ConditionView,
  GOOD_REVISION_ANNOTATION,
  isRolledOut,
  overrideFor,
  type RollbackTarget,
  rollbackTarget,
  roomDemands,
  roomFaults,
  type Suspect,
  withOverride,
} from '@everynode/daemonset';
import type { WriteRequest, WriteResult } from '@everynode/store';
import { REVISIONS, revisionsOf } from '../workloads/revision-store.js';
import { decideMark, decideRollback } from './decide-rollback.js';
import type { ReconcilePass, StepContext } from './reconcile-pass.js';

/**
 * Does what follows from the state of a rollout, for owners who ask for rollbacks: marks the revision as good once
 * every node runs it, and puts the last good one back when its pods make no progress until the deadline.
 * `isNewlyStuck`: the deadline has passed since the last pass, so it is recorded once if there is no revision to go
 * back to.
 */
export async function followUp(
  context: StepContext,
  pass: ReconcilePass,
  view: ConditionView,
  { isNewlyStuck }: { isNewlyStuck: boolean },
): Promise<void> {
  const { ledger, limits, progress } = view;
  if (!limits.rollback) return;
  // Without an eligible node the revision has not been tried.
  if (isRolledOut(view) && ledger.desired > 0) await markAsGood(context, pass);
  else if (progress.isExceeded) await rollBack(context, pass, { suspects: progress.suspects, isNewlyStuck });
}

async function markAsGood(context: StepContext, pass: ReconcilePass): Promise<void> {
  const { daemonSet, cached, state } = pass;
  const hash = state.currentHash;
  if (daemonSet.metadata?.annotations?.[GOOD_REVISION_ANNOTATION] === hash) return;
  await write(context, pass, (current) => decideMark(current, cached.record.uid, hash));
}

async function rollBack(
  context: StepContext,
  pass: ReconcilePass,
  { suspects, isNewlyStuck }: { suspects: readonly Suspect[]; isNewlyStuck: boolean },
): Promise<void> {
  const { daemonSet, state } = pass;
  const { events, reflector } = context;
  const failed = state.currentHash;
  const target = rollbackTarget(daemonSet, revisionsOf(reflector.cache(REVISIONS), state.uid), failed);
  if (!target) {
    if (isNewlyStuck) events.rollbackImpossible(daemonSet);
    return;
  }
  if (!suspects.some((suspect) => isAtFault(context, pass, suspect, target))) return;
  const { outcome } = await write(context, pass, (current) => decideRollback(current, daemonSet, target, failed));
  if (outcome !== 'kept') events.rolledBack(daemonSet, failed, target);
}

/**
 * Whether the revision is the cause, and not the node: its pod ran and did not become available, or it asks for more
 * than there is room for while the revision to go back to would fit.
 */
function isAtFault(
  { capacity, reflector }: StepContext,
  { state }: ReconcilePass,
  { node: name, kind }: Suspect,
  { template }: RollbackTarget,
): boolean {
  if (kind === 'running') return true;
  const node = reflector.cache('nodes').get('', name)?.object;
  if (!node || !template.spec) return false;
  const spec = withOverride(template.spec, overrideFor(state.compiled.limits.overrides, node));
  return roomFaults(roomDemands(spec), { node, pods: capacity.podsOn(name) }).length === 0;
}

function write(
  { store }: StepContext,
  { cached, fence }: ReconcilePass,
  decide: WriteRequest<'all'>['decide'],
): Promise<WriteResult> {
  return store.write({ key: cached.record, reads: 'all', fence, decide });
}
