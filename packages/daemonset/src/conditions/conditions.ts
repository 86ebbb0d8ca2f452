import { conditionOf, type DaemonSet, type DaemonSetCondition, type DaemonSetStatus } from '@everynode/objects';
import { nameNodes } from '../explain/name-nodes.js';
import { canaryCount, partitionOf, type RolloutLimits } from '../limits/rollout-limits.js';
import { zoneInTurn } from '../rollout/rollout-decision.js';
import type { RolloutLedger } from '../rollout/rollout-ledger.js';
import { HOLD_REASONS, permissionOf } from '../rollout/rollout-permission.js';

const PREFIX = 'everynode.io/';
const OWN = ['Progressing', 'Degraded', 'Paused'];
/** Reasons by which a condition of these types is known to be Everynode's. */
const OWN_REASONS: ReadonlySet<string> = new Set([
  'RolloutComplete',
  'RolloutProgressing',
  'ProgressDeadlineExceeded',
  'AsExpected',
  'NodeNotReady',
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
  /** When the rollout last made progress: ms since the epoch. */
  progressAt: number;
  /** ms since the epoch. */
  now: number;
}

type OwnCondition = Pick<DaemonSetCondition, 'type' | 'status'> & { reason: string; message: string; since?: number };

/** Upstream's DaemonSets have no conditions: only a DaemonSet with an annotation of Everynode gets them. */
function wantsConditions({ metadata }: Pick<DaemonSet, 'metadata'>): boolean {
  return Object.keys(metadata?.annotations ?? {}).some((key) => key.startsWith(PREFIX));
}

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
  if (!wantsConditions(view.daemonSet)) {
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

/** When the deadline passes, in ms since the epoch; undefined when no deadline is running. */
export function deadlineAt(view: ConditionView): number | undefined {
  if (view.limits.deadlineMs === undefined || stageOf(view).stage !== 'under-way') return undefined;
  return view.progressAt + view.limits.deadlineMs;
}

/** Whether the rollout has made no progress for as long as its owner allows. */
export function isPastDeadline(view: ConditionView): boolean {
  const at = deadlineAt(view);
  return at !== undefined && at <= view.now;
}

/** Whether the pod of every eligible node is of the current revision, and available. */
export function isRolledOut({ ledger }: Pick<ConditionView, 'ledger'>): boolean {
  return ledger.settled === ledger.desired && ledger.old === 0;
}

type Stage = { stage: 'complete' | 'under-way' | 'waiting'; reason: string; message: string };

function stageOf(view: ConditionView): Stage {
  const { daemonSet, ledger, limits } = view;
  const { desired, settled, old, skipped } = ledger;
  const progress = `${settled} of ${desired} nodes have the newest revision and are available`;
  if (isRolledOut({ ledger })) return { stage: 'complete', reason: 'RolloutComplete', message: progress };
  const permission = permissionOf(view);
  const { hold, mayUpdate } = permission;
  // Canaries that are being updated can be stuck like other nodes; when they are done, the rollout waits for its owner.
  const idle = ledger.isIdle;
  if (hold?.isShown && (!mayUpdate || (idle && canariesDone(ledger, limits)))) {
    return { stage: 'waiting', reason: hold.reason, message: `${hold.because}; ${progress}` };
  }
  if (daemonSet.spec?.updateStrategy?.type === 'OnDelete' && idle) {
    return { stage: 'waiting', reason: 'OnDelete', message: `old pods stay until they are deleted; ${progress}` };
  }
  if (idle && skipped > 0 && old === 0) {
    return {
      stage: 'waiting',
      reason: 'NodesNotReady',
      message: `${skipped} old pods are on nodes that are NotReady; ${progress}`,
    };
  }
  if (idle && old > 0 && old <= partitionOf(limits, desired)) {
    return { stage: 'waiting', reason: 'Partition', message: `${old} nodes keep the old revision; ${progress}` };
  }
  const turn = zoneInTurn(ledger, permission);
  const where = turn === undefined ? '' : `; in turn: ${limits.zones?.label} ${turn || '(none)'}`;
  return { stage: 'under-way', reason: 'RolloutProgressing', message: `${progress}${where}${waitingFor(ledger)}` };
}

/** Whether as many canaries as the owner asks for have the newest revision. */
function canariesDone(ledger: RolloutLedger, limits: RolloutLimits): boolean {
  const wanted = canaryCount(limits, ledger.desired);
  if (wanted !== undefined) return ledger.desired - ledger.old >= Math.min(wanted, ledger.desired);
  return ledger.waitingCanaries === 0;
}

/** Names the nodes that use up the budget, and the fault of each. */
function waitingFor(ledger: RolloutLedger): string {
  const nodes = [...ledger.updating(), ...ledger.broken()].sort();
  return nodes.length > 0 ? `; waiting for ${nameNodes(nodes, (node) => withFault(ledger, node))}` : '';
}

function withFault(ledger: RolloutLedger, node: string): string {
  const fault = ledger.faults.get(node);
  return fault ? `${node} (${fault.text})` : node;
}

function progressing(view: ConditionView): OwnCondition {
  const { stage, reason, message } = stageOf(view);
  const type = 'Progressing';
  if (stage === 'complete') return { type, status: 'True', reason, message };
  if (stage === 'waiting') return { type, status: 'Unknown', reason, message };
  const { deadlineMs = Number.POSITIVE_INFINITY } = view.limits;
  if (view.progressAt + deadlineMs > view.now) return { type, status: 'True', reason, message, since: view.progressAt };
  const seconds = deadlineMs / 1000;
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
