import { isPodReady, type Node } from '@everynode/objects';
import { isPodAvailable, isPodDeleting } from '@everynode/workloads';
import { isCanary } from '../limits/rollout-limits.js';
import { crashesOf } from '../pods/crashes.js';
import type { NodeView } from './node-view.js';

/** What a node adds to the sums over all nodes. Each is 0 or 1, except `restarts`. */
export interface NodeCounts {
  desired: number;
  current: number;
  misscheduled: number;
  ready: number;
  available: number;
  updated: number;
  /** How often containers in a pod of the current revision have ended: any number. Each end brings a restart. */
  restarts: number;
  /** The node is one of those that are updated first. */
  canary: number;
  /** The node is one of those, and its pod is not of the current revision. */
  canaryWaiting: number;
  /** The node has run the current revision for as long as a canary must, without a restart. */
  proven: number;
  /** The node's pod is of the current revision, and available. */
  settled: number;
}

/** The counts of a node that counts for nothing, and the beginning of every sum. */
export const countNothing = (): NodeCounts => ({
  desired: 0,
  current: 0,
  misscheduled: 0,
  ready: 0,
  available: 0,
  updated: 0,
  restarts: 0,
  canary: 0,
  canaryWaiting: 0,
  proven: 0,
  settled: 0,
});

/** Source: daemon_controller.go, updateDaemonSetStatus. */
export function countNode(view: NodeView, node: Node, now: number): NodeCounts {
  const { eligibility, pods, updated, available } = view;
  const counts = countNothing();
  countForLimits(counts, view, node, now);
  const first = pods[0];
  if (!eligibility.shouldRun) {
    counts.misscheduled = first ? 1 : 0;
    return counts;
  }
  counts.desired = 1;
  counts.canaryWaiting = counts.canary;
  if (!first) return counts;
  counts.current = 1;
  counts.ready = isPodReady(first) ? 1 : 0;
  counts.available = available(first) ? 1 : 0;
  counts.updated = updated(first) ? 1 : 0;
  counts.settled = counts.available * counts.updated;
  counts.canaryWaiting = counts.canary * (1 - counts.updated);
  return counts;
}

/** Adds what canaries and pauses after restarts are decided by. */
function countForLimits(
  counts: NodeCounts,
  { compiled, eligibility, pods, updated }: NodeView,
  node: Node,
  now: number,
): void {
  counts.canary = eligibility.shouldRun && isCanary(compiled.limits, node) ? 1 : 0;
  const fresh = pods.find((pod) => updated(pod) && !isPodDeleting(pod));
  if (!fresh) return;
  counts.restarts = crashesOf(fresh);
  const provenAfterSeconds = (compiled.limits.canary?.provenAfterMs ?? 0) / 1000;
  const isProven = counts.canary === 1 && counts.restarts === 0 && isPodAvailable(fresh, provenAfterSeconds, now);
  counts.proven = isProven ? 1 : 0;
}
