import type { Pod } from '@everynode/objects';
import type { DeleteReason } from '../assessment/managed-pods.js';
import { decideRollout } from '../rollout/rollout-decision.js';
import { permissionOf } from '../rollout/rollout-permission.js';
import type { DaemonSetState } from './daemonset-state.js';

/** A pod to delete, and why: `update` is the rollout. */
export interface PodDeletion {
  node: string;
  pod: Pod;
  reason: DeleteReason | 'update';
}

/** What a pass does to pods. */
export interface PodActions {
  /** Nodes that get a pod. */
  createOn: string[];
  deletes: PodDeletion[];
}

/**
 * Returns what the nodes that are due ask for. Missing pods and pods that must go come first; a rollout moves on only
 * from a state in which none of them is left.
 */
export function decideActions(state: DaemonSetState, due: readonly string[]): PodActions {
  const actions: PodActions = { createOn: [], deletes: [] };
  const { ledger, currentHash, compiled } = state;
  const permission = permissionOf({ ledger, limits: compiled.limits, currentHash });
  // The end of a freeze changes the annotations, which makes every node due again.
  if (!permission.mayManage) return actions;
  for (const node of due) {
    const assessment = ledger.get(node);
    if (!assessment) continue;
    if (assessment.create) actions.createOn.push(node);
    for (const { pod, reason } of assessment.deletes) actions.deletes.push({ node, pod, reason });
  }
  if (actions.createOn.length > 0 || actions.deletes.length > 0) return actions;
  const { deletes, createOn } = decideRollout(ledger, compiled.daemonSet.spec?.updateStrategy, permission);
  return { createOn, deletes: deletes.map(({ node, pod }) => ({ node, pod, reason: 'update' })) };
}
