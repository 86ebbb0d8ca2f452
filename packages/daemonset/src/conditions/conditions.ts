import { conditionOf, type DaemonSet, type DaemonSetCondition, type DaemonSetStatus } from '@everynode/objects';
import { nameNodes } from '../explain/name-nodes.js';
import type { RolloutLimits } from '../limits/rollout-limits.js';
import type { RolloutLedger } from '../rollout/rollout-ledger.js';
import { HOLD_REASONS, permissionOf } from '../rollout/rollout-permission.js';
import type { RolloutProgress } from './progress.js';
import { stageOf, withFault } from './stage.js';

const OWN = ['Progressing', 'Degraded', 'Paused'];
/** Reasons by which a condition of these types is known to be Everynode's. */
const OWN_REASONS: ReadonlySet<string> = new Set([
  'RolloutComplete',
  'RolloutProgressing',
  'ProgressDeadlineExceeded',
  'AsExpected',
  'NodeNotReady',
  'NodeShuttingDown',
  'PodFailing',
  'PodNotScheduled',
  'SeveralFaults',
  'OnDelete',
  'NodesNotReady',
  'Partition',
  ...HOLD_REASONS,
]);

/** Everything that the conditions are derived from. */
export interface ConditionView {
  daemonSet: DaemonSet;
  ledger: RolloutLedger;
  limits: RolloutLimits;
  currentHash: string;
  /** How far the rollout is. */
  progress: RolloutProgress;
  /** ms since the epoch. */
  now: number;
}

type OwnCondition = Pick<DaemonSetCondition, 'type' | 'status'> & { reason: string; message: string; since?: number };

/**
 * Returns the conditions of the status. Those of other writers stay as they are. `toTimestamp` converts ms since the
 * epoch to the API's form. Progressing's lastTransitionTime is also when the rollout last made progress.
 */
export function conditionsFor(
  view: ConditionView,
  stored: DaemonSetStatus | undefined,
  toTimestamp: (ms: number) => string,
): DaemonSetCondition[] | undefined {
  const all = stored?.conditions ?? [];
  if (!view.limits.conditions) {
    // The annotations were removed, so their conditions are. Another controller may use the same types.
    const others = all.filter(({ type, reason }) => !(OWN.includes(type) && OWN_REASONS.has(reason ?? '')));
    return others.length > 0 ? others : undefined;
  }
  const others = all.filter(({ type }) => !OWN.includes(type));
  const own = [progressing(view), degraded(view), ...paused(view)].map(({ since, ...condition }) => {
    const before = conditionOf(stored, condition.type);
    const kept = before?.status === condition.status ? before.lastTransitionTime : undefined;
    const at = since === undefined ? (kept ?? toTimestamp(view.now)) : toTimestamp(since);
    return { ...condition, lastTransitionTime: at };
  });
  return [...others, ...own];
}

function progressing(view: ConditionView): OwnCondition {
  const { limits, progress } = view;
  const { stage, reason, message } = stageOf(view);
  const type = 'Progressing';
  if (stage === 'complete') return { type, status: 'True', reason, message };
  if (stage === 'waiting') return { type, status: 'Unknown', reason, message };
  if (!progress.isExceeded) return { type, status: 'True', reason, message, since: progress.at };
  const seconds = (limits.deadlineMs ?? 0) / 1000;
  return {
    type,
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `no progress in ${seconds} s: ${message}`,
  };
}

/** A pod that is being replaced is no fault; one that will not become available by itself is. */
function degraded({ ledger }: ConditionView): OwnCondition {
  const type = 'Degraded';
  const { faults, desired } = ledger;
  if (faults.size === 0) return { type, status: 'False', reason: 'AsExpected', message: 'no node is at fault' };
  const kinds = new Set([...faults.values()].map(({ kind }) => kind));
  const [only] = kinds;
  const named = nameNodes([...faults.keys()].sort(), (node) => withFault(ledger, node));
  return {
    type,
    status: 'True',
    // The reason shows at once whether nodes or the new revision are the cause.
    reason: kinds.size === 1 && only ? only : 'SeveralFaults',
    message: `${faults.size} of ${desired} nodes have no available pod: ${named}`,
  };
}

function paused(view: ConditionView): OwnCondition[] {
  const { ledger } = view;
  const { hold } = permissionOf(view);
  if (!hold?.isShown) return [];
  const { updatedNumberScheduled = 0, desiredNumberScheduled } = ledger.counters();
  const progress = `${updatedNumberScheduled} of ${desiredNumberScheduled} nodes have the newest revision`;
  return [{ type: 'Paused', status: 'True', reason: hold.reason, message: `${hold.because}; ${progress}` }];
}
