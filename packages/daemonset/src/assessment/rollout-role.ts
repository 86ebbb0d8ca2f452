import { isNodeReady, type Node, type Pod } from '@everynode/objects';
import { isPodDeleting } from '@everynode/workloads';
import type { NodeView } from './node-view.js';

/**
 * The role of a node in a rolling update.
 *
 * Without surge: `unavailable` uses up budget; `replace-now` does too, and its old pod, which is not available, is
 * deleted at once; `candidate` has an old pod that may be deleted within the budget.
 *
 * With surge: `surging` uses up budget; `create-now` gets a new pod beside a broken old one; `delete-now` has an old
 * pod that is not needed any more; `surge-candidate` may get a new pod within the budget; `surplus` has an old pod on a
 * node that is not eligible any more, which is deleted when enough other pods are available.
 *
 * `skipped`: the node has an old pod, and shuts down, or is NotReady and its owner leaves such nodes out of the budget
 * (limits/rollout-limits.ts).
 */
export type RolloutRole =
  | { kind: 'none' | 'unavailable' | 'surging' | 'create-now' | 'surge-candidate' | 'skipped' }
  | { kind: 'replace-now' | 'candidate' | 'delete-now' | 'surplus'; pod: Pod };

export type RoleKind = RolloutRole['kind'];

/** Nodes that run an old pod and nothing newer. */
export const OLD_ROLES: readonly RoleKind[] = ['candidate', 'replace-now', 'surge-candidate', 'create-now'];

/** Nodes whose update has begun and whose new pod is not available yet. */
export const UPDATING_ROLES: readonly RoleKind[] = ['unavailable', 'surging', 'delete-now'];

/** `serving`, under surge: a pod of the node is available. */
export interface RoleInRollout {
  role: RolloutRole;
  serving: boolean;
}

export function roleOf(view: NodeView, node: Node | undefined): RoleInRollout {
  const found = view.compiled.surge ? surgeRole(view) : replaceRole(view);
  if (!node || !isSkipped(view, node, found.role)) return found;
  return { role: { kind: 'skipped' }, serving: found.serving };
}

/** The update of the node has not begun, and the node could not run a new pod. */
function isSkipped({ compiled, isShuttingDown }: NodeView, node: Node, { kind }: RolloutRole): boolean {
  if (!OLD_ROLES.includes(kind)) return false;
  return isShuttingDown || (compiled.limits.skipNotReady && !isNodeReady(node));
}

/** At most one new and one old pod live on the node; undefined when there are more of either. */
function pairOf({ pods, updated }: NodeView): { fresh?: Pod; old?: Pod } | undefined {
  const live = pods.filter((pod) => !isPodDeleting(pod));
  const fresh = live.filter(updated);
  const old = live.filter((pod) => !updated(pod));
  if (fresh.length > 1 || old.length > 1) return undefined;
  return { ...(fresh[0] && { fresh: fresh[0] }), ...(old[0] && { old: old[0] }) };
}

/** Source: pkg/controller/daemon/update.go, rollingUpdate, the branch without surge (1.36). */
function replaceRole(view: NodeView): RoleInRollout {
  const plain = (kind: 'none' | 'unavailable'): RoleInRollout => ({ role: { kind }, serving: false });
  if (view.pods.length === 0 && !view.eligibility.shouldRun) return plain('none');
  const pair = pairOf(view);
  if (!pair) return plain('unavailable');
  const { fresh, old } = pair;
  if (Boolean(fresh) === Boolean(old)) return plain('unavailable');
  if (fresh) return plain(view.available(fresh) ? 'none' : 'unavailable');
  const pod = old as Pod;
  return { role: { kind: view.available(pod) ? 'candidate' : 'replace-now', pod }, serving: false };
}

/** Source: the same function, the branch with surge. */
function surgeRole(view: NodeView): RoleInRollout {
  const { eligibility, available } = view;
  const pair = pairOf(view);
  if (!pair) return { role: { kind: 'surging' }, serving: false };
  const { fresh, old } = pair;
  if (!old) return { role: { kind: 'none' }, serving: fresh !== undefined && available(fresh) };
  const serving = available(old) || (fresh !== undefined && available(fresh));
  if (fresh) return { role: available(fresh) ? { kind: 'delete-now', pod: old } : { kind: 'surging' }, serving };
  if (available(old)) {
    return { role: eligibility.shouldRun ? { kind: 'surge-candidate' } : { kind: 'surplus', pod: old }, serving };
  }
  return { role: eligibility.shouldRun ? { kind: 'create-now' } : { kind: 'delete-now', pod: old }, serving };
}
