import { isPodReady, type Pod } from '@everynode/objects';
import { isPodDeleting } from '@everynode/workloads';
import type { NodeView } from './node-view.js';

/** Why a pod is deleted outside a rollout. */
export type DeleteReason = 'not-eligible' | 'failed' | 'succeeded' | 'excess' | 'replaced' | 'node-gone';

/** What the controller does on a node outside a rollout. */
export interface Management {
  /** A pod is missing. */
  create: boolean;
  deletes: { pod: Pod; reason: DeleteReason }[];
}

/** Source: daemon_controller.go, podsShouldBeOnNode. */
export function manage(view: NodeView): Management {
  const { compiled, eligibility, pods, inBackoff, isShuttingDown } = view;
  // An agent that shuts down refuses what follows its pods. What it has ended shows why.
  if (isShuttingDown && eligibility.shouldContinueRunning) return { create: false, deletes: [] };
  if (eligibility.shouldRun && pods.length === 0) return { create: true, deletes: [] };
  const live = pods.filter((pod) => !isPodDeleting(pod));
  if (!eligibility.shouldContinueRunning) {
    return { create: false, deletes: live.map((pod) => ({ pod, reason: 'not-eligible' })) };
  }
  const deletes: Management['deletes'] = [];
  const running: Pod[] = [];
  for (const pod of live) {
    if (pod.status?.phase === 'Failed') {
      if (!inBackoff) deletes.push({ pod, reason: 'failed' });
    } else if (pod.status?.phase === 'Succeeded') deletes.push({ pod, reason: 'succeeded' });
    else running.push(pod);
  }
  if (!compiled.surge) {
    deletes.push(...running.slice(1).map((pod) => ({ pod, reason: 'excess' as const })));
    return { create: false, deletes };
  }
  // Under surge a terminating pod does not count as the node's pod: a live one must exist.
  if (running.length === 0) return { create: eligibility.shouldRun, deletes };
  deletes.push(...pruneSurge(view, running));
  return { create: false, deletes };
}

/** Keeps the oldest pod of the current revision and the oldest of any other; the other goes when it is not needed. */
function pruneSurge({ updated, available }: NodeView, running: Pod[]): Management['deletes'] {
  const fresh = running.filter(updated);
  const old = running.filter((pod) => !updated(pod));
  const deletes: Management['deletes'] = [...fresh.slice(1), ...old.slice(1)].map((pod) => ({ pod, reason: 'excess' }));
  const [newest, oldest] = [fresh[0], old[0]];
  if (newest && oldest && (!isPodReady(oldest) || available(newest))) deletes.push({ pod: oldest, reason: 'replaced' });
  return deletes;
}

/**
 * For a node that is gone. The garbage collector deletes the pods that were bound to it; unbound ones would wait for
 * ever, so they are deleted here.
 */
export function manageWithoutNode(pods: Pod[]): Management {
  const unbound = pods.filter((pod) => !pod.spec?.nodeName && !isPodDeleting(pod));
  return { create: false, deletes: unbound.map((pod) => ({ pod, reason: 'node-gone' })) };
}
