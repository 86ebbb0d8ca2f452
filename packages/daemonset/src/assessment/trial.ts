import { conditionOf, isPodReady, type Node, type Pod } from '@everynode/objects';
import { isPodDeleting, isPodTerminal } from '@everynode/workloads';
import type { NodeView } from './node-view.js';

/**
 * What the newest revision does on a node, as far as a deadline counts it.
 *
 * - `outside`: no pod of it is due here yet, or any more: the node is not eligible, or it has only an old pod.
 * - `silent`: the node is NotReady, so what a pod does there is not known, or it shuts down.
 * - `between`: there is no pod to judge. The old one is on its way out, the owner's rate holds the new one back, or no
 *   agent has reported on it.
 * - `missing`: a pod is due, and nothing holds it back.
 * - `unplaced`: the pod has no room.
 * - `failing`: the pod has failed and will be replaced.
 * - `starting`: the node runs the pod, which is not ready. `ready`: it is ready, and not available yet.
 * - `available`: the pod is available.
 */
export type TrialState =
  | 'outside'
  | 'silent'
  | 'between'
  | 'missing'
  | 'unplaced'
  | 'failing'
  | 'starting'
  | 'ready'
  | 'available';

/** A node's state, and the pod of the newest revision that it is about. */
export interface Trial {
  state: TrialState;
  /** Empty where there is no such pod. */
  uid: string;
}

/** A node that has no part in the rollout. */
export const OUTSIDE: Trial = { state: 'outside', uid: '' };

export function trialOf(view: NodeView, node: Node | undefined): Trial {
  const { eligibility, pods, updated } = view;
  const without = (state: TrialState): Trial => ({ state, uid: '' });
  if (!node || !eligibility.shouldRun) return OUTSIDE;
  const live = pods.filter((pod) => !isPodDeleting(pod));
  const fresh = live.find(updated);
  if (!fresh && live.length > 0) return OUTSIDE;
  const ready = conditionOf(node.status, 'Ready');
  if (view.isShuttingDown || (ready && ready.status !== 'True')) return without('silent');
  if (fresh) return { state: stateOf(view, fresh), uid: fresh.metadata?.uid ?? '' };
  const isHeldBack = pods.length > 0 || view.compiled.limits.createsPerMinute !== Number.POSITIVE_INFINITY;
  return without(isHeldBack ? 'between' : 'missing');
}

function stateOf({ available }: NodeView, pod: Pod): TrialState {
  if (isPodTerminal(pod)) return 'failing';
  if (available(pod)) return 'available';
  if (conditionOf(pod.status, 'PodScheduled')?.status === 'False') return 'unplaced';
  if (!isAccepted(pod)) return 'between';
  return isPodReady(pod) ? 'ready' : 'starting';
}

/** An agent has reported on the pod. Until then the pod has done nothing, well or badly. */
function isAccepted({ status }: Pod): boolean {
  if (status?.phase === 'Running' || status?.startTime != null) return true;
  return (status?.containerStatuses?.length ?? 0) > 0;
}
