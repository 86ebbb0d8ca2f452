import type { DaemonSet } from '@everynode/objects';
import { nameNodes } from '../explain/name-nodes.js';
import { canaryCount, partitionOf, type RolloutLimits } from '../limits/rollout-limits.js';
import { zoneInTurn } from '../rollout/rollout-decision.js';
import type { RolloutLedger } from '../rollout/rollout-ledger.js';
import { permissionOf } from '../rollout/rollout-permission.js';
import type { RolloutProgress } from './progress.js';

/** Where a rollout stands. `waiting`: a hold, or a budget that is used up, lets nothing move. */
interface RolloutStage {
  stage: 'complete' | 'under-way' | 'waiting';
  /** Of the condition Progressing. */
  reason: string;
  message: string;
}

/** What a stage is derived from. `progress` is left out before it is known. */
interface StageFacts {
  daemonSet: DaemonSet;
  ledger: RolloutLedger;
  limits: RolloutLimits;
  currentHash: string;
  progress?: Pick<RolloutProgress, 'isComplete'>;
}

/** Whether the pod of every eligible node is of the current revision, and available. */
export function isRolledOut({ ledger }: Pick<StageFacts, 'ledger'>): boolean {
  return ledger.settled === ledger.desired && ledger.old === 0;
}

export function stageOf(facts: StageFacts): RolloutStage {
  const { daemonSet, ledger, limits, progress: known } = facts;
  const { desired, settled, old, skipped } = ledger;
  const progress = `${settled} of ${desired} nodes have the newest revision and are available`;
  if (known?.isComplete || isRolledOut({ ledger }))
    return { stage: 'complete', reason: 'RolloutComplete', message: progress };
  const permission = permissionOf(facts);
  const { hold, mayUpdate, returnsOnly } = permission;
  // Canaries that are being updated can be stuck like other nodes; when they are done, the rollout waits for its owner.
  const idle = ledger.isIdle;
  if (hold?.isShown && (!mayUpdate || (idle && !returnsOnly && canariesDone(ledger, limits)))) {
    return { stage: 'waiting', reason: hold.reason, message: `${hold.because}; ${progress}` };
  }
  if (daemonSet.spec?.updateStrategy?.type === 'OnDelete' && idle) {
    return { stage: 'waiting', reason: 'OnDelete', message: `old pods stay until they are deleted; ${progress}` };
  }
  if (idle && skipped > 0 && old === 0) {
    return {
      stage: 'waiting',
      reason: 'NodesNotReady',
      message: `${skipped} old pods are on nodes that are NotReady or shut down; ${progress}`,
    };
  }
  if (idle && !returnsOnly && old > 0 && old <= partitionOf(limits, desired)) {
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

/** Names a node, and its fault where it has one. */
export function withFault(ledger: RolloutLedger, node: string): string {
  const fault = ledger.faults.get(node);
  return fault ? `${node} (${fault.text})` : node;
}
