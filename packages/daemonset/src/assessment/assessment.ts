import { isNodeReady, isPodReady, type Node, type Pod } from '@everynode/objects';
import { isCanary } from '../limits/rollout-limits.js';
import { zoneOf } from '../limits/zone-order.js';
import { type CompiledDaemonSet, type Eligibility, eligibilityOf } from '../placement/eligibility.js';
import { availableAt, compareDaemonPods, isPodDeleting, isPodTerminal, isPodUpdated } from '../pods/pod-state.js';
import { OVERRIDE_ANNOTATION, overrideFor } from '../pods/resource-overrides.js';
import { type NodeFault, nodeFaultOf } from './node-fault.js';

/** Why a pod is deleted outside a rollout. */
export type DeleteReason = 'not-eligible' | 'failed' | 'succeeded' | 'excess' | 'replaced' | 'node-gone';

/** What a node counts for in the DaemonSet's status and its rollouts; each 0 or 1. */
export interface NodeCounts {
  desired: number;
  current: number;
  misscheduled: number;
  ready: number;
  available: number;
  updated: number;
  /** Restarts of containers, in a pod of the current revision; not 0 or 1 alone. */
  restarts: number;
  /** The node is one of those that are updated first. */
  canary: number;
  /** It has run the current revision for as long as a canary must, without a restart. */
  proven: number;
  /** Its pod is of the current revision, and available. */
  settled: number;
}

/**
 * The part a node plays in a rolling update.
 *
 * Without surge: `unavailable` uses up budget; `replace-now` does too, and its old pod, which serves nobody, goes at
 * once; `candidate` has an old pod that may go within the budget.
 * With surge: `surging` uses up budget; `create-now` gets a new pod beside a broken old one; `delete-now` has an old pod
 * that is not needed any more; `surge-candidate` may get a new pod within the budget; `surplus` has an old pod on a node
 * that is not eligible any more, which goes when enough others are available.
 *
 * `skipped`: the old pod of a node that is NotReady, which the owner leaves out of the budget (rollout-limits.ts).
 */
export type RolloutPart =
  | { kind: 'none' | 'unavailable' | 'surging' | 'create-now' | 'surge-candidate' | 'skipped' }
  | { kind: 'replace-now' | 'candidate' | 'delete-now' | 'surplus'; pod: Pod };

/** All there is to say about one node, from its state at one time. */
export interface NodeAssessment {
  eligibility: Eligibility;
  /** A pod is missing here. */
  create: boolean;
  deletes: { pod: Pod; reason: DeleteReason }[];
  counts: NodeCounts;
  /** Where the owner has zones updated one by one: the node's; else empty. */
  zone: string;
  /** Why an eligible node has no available pod, where it will not have one by itself. */
  fault: NodeFault | undefined;
  rollout: RolloutPart;
  /** Under surge: the pod that serves on this node is available (the old one is asked first). */
  serving: boolean;
  /** When time alone changes this assessment: ms since the epoch. */
  recheckAtMs: number | undefined;
}

export interface NodeState {
  /** Undefined when there is no such node (any more). */
  node: Node | undefined;
  /** The DaemonSet's pods on the node or pinned to it. */
  pods: readonly Pod[];
  currentHash: string;
  /** ms since the epoch. */
  now: number;
  /** A failed pod was deleted here a short while ago: leave the next one alone. */
  inBackoff?: boolean;
}

const NO_NODE: Eligibility = { shouldRun: false, shouldContinueRunning: false };

/** Looks at one node on behalf of one DaemonSet. Everything the controller does is a sum of these. */
export function assessNode(compiled: CompiledDaemonSet, state: NodeState): NodeAssessment {
  const { node, currentHash, now } = state;
  const pods = state.pods.filter((pod) => !(isPodDeleting(pod) && isPodTerminal(pod))).sort(compareDaemonPods);
  const eligibility = node ? eligibilityOf(compiled, node) : NO_NODE;
  const annotations = compiled.daemonSet.metadata?.annotations;
  const override = overrideFor(compiled.limits.overrides, node)?.hash;
  const updated = (pod: Pod): boolean =>
    isPodUpdated(pod.metadata?.labels, annotations, currentHash) &&
    pod.metadata?.annotations?.[OVERRIDE_ANNOTATION] === override;
  const available = (pod: Pod): boolean => {
    const at = availableAt(pod, compiled.minReadySeconds);
    return at !== undefined && at <= now;
  };
  const view: View = { compiled, eligibility, pods, updated, available, inBackoff: state.inBackoff ?? false };
  const { part, serving } = compiled.surge ? surgePart(view) : replacePart(view);
  const provenAfter = compiled.limits.canary?.provenAfterMs;
  let recheckAtMs: number | undefined;
  const recheckAt = (at: number | undefined): void => {
    if (at !== undefined && at > now) recheckAtMs = Math.min(at, recheckAtMs ?? at);
  };
  for (const pod of pods) {
    recheckAt(availableAt(pod, compiled.minReadySeconds));
    if (provenAfter !== undefined) recheckAt(availableAt(pod, provenAfter / 1000));
  }
  const counts = node ? countNode(view, node, now) : countNothing();
  return {
    eligibility,
    ...(node ? manage(view) : withoutNode(pods)),
    counts,
    zone: zoneOf(compiled.limits.zones, node),
    fault: node && counts.desired === 1 && counts.available === 0 ? nodeFaultOf(node, pods[0]) : undefined,
    rollout: node && isSkipped(compiled, node, part) ? { kind: 'skipped' } : part,
    serving,
    recheckAtMs,
  };
}

interface View {
  compiled: CompiledDaemonSet;
  eligibility: Eligibility;
  pods: Pod[];
  updated: (pod: Pod) => boolean;
  available: (pod: Pod) => boolean;
  inBackoff: boolean;
}

type Management = Pick<NodeAssessment, 'create' | 'deletes'>;

/** Source: daemon_controller.go, podsShouldBeOnNode. */
function manage(view: View): Management {
  const { compiled, eligibility, pods, inBackoff } = view;
  if (eligibility.shouldRun && pods.length === 0) return { create: true, deletes: [] };
  const live = pods.filter((pod) => !isPodDeleting(pod));
  if (!eligibility.shouldContinueRunning) {
    return { create: false, deletes: live.map((pod) => ({ pod, reason: 'not-eligible' })) };
  }
  const deletes: NodeAssessment['deletes'] = [];
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
  // Under surge a terminating pod does not hold the place: one that lives has to be there.
  if (running.length === 0) return { create: eligibility.shouldRun, deletes };
  deletes.push(...pruneSurge(view, running));
  return { create: false, deletes };
}

/** Keeps the oldest of the current revision and the oldest of any other; the other goes when it is not needed. */
function pruneSurge({ updated, available }: View, running: Pod[]): NodeAssessment['deletes'] {
  const fresh = running.filter(updated);
  const old = running.filter((pod) => !updated(pod));
  const deletes: NodeAssessment['deletes'] = [...fresh.slice(1), ...old.slice(1)].map((pod) => ({
    pod,
    reason: 'excess',
  }));
  const [newest, oldest] = [fresh[0], old[0]];
  if (newest && oldest && (!isPodReady(oldest) || available(newest))) deletes.push({ pod: oldest, reason: 'replaced' });
  return deletes;
}

/** Bound pods of a node that is gone are left to the garbage collector; unbound ones could wait for ever. */
function withoutNode(pods: Pod[]): Management {
  const unbound = pods.filter((pod) => !pod.spec?.nodeName && !isPodDeleting(pod));
  return { create: false, deletes: unbound.map((pod) => ({ pod, reason: 'node-gone' })) };
}

/** At most one new and one old pod live on the node; undefined when there are more of an age. */
function pairOf({ pods, updated }: View): { fresh?: Pod; old?: Pod } | undefined {
  const live = pods.filter((pod) => !isPodDeleting(pod));
  const fresh = live.filter(updated);
  const old = live.filter((pod) => !updated(pod));
  if (fresh.length > 1 || old.length > 1) return undefined;
  return { ...(fresh[0] && { fresh: fresh[0] }), ...(old[0] && { old: old[0] }) };
}

/** Nodes that run an old pod and nothing newer. */
export const OLD_PARTS: readonly RolloutPart['kind'][] = ['candidate', 'replace-now', 'surge-candidate', 'create-now'];

/** Nobody has touched the node's pod yet, and the node is not there to take another. */
function isSkipped({ limits }: CompiledDaemonSet, node: Node, { kind }: RolloutPart): boolean {
  if (!limits.skipNotReady || !OLD_PARTS.includes(kind)) return false;
  return !isNodeReady(node);
}

type Part = { part: RolloutPart; serving: boolean };

/** Source: pkg/controller/daemon/update.go, rollingUpdate, the branch without surge (1.36). */
function replacePart(view: View): Part {
  const plain = (kind: 'none' | 'unavailable'): Part => ({ part: { kind }, serving: false });
  if (view.pods.length === 0 && !view.eligibility.shouldRun) return plain('none');
  const pair = pairOf(view);
  if (!pair) return plain('unavailable');
  const { fresh, old } = pair;
  if (Boolean(fresh) === Boolean(old)) return plain('unavailable');
  if (fresh) return plain(view.available(fresh) ? 'none' : 'unavailable');
  const pod = old as Pod;
  return { part: { kind: view.available(pod) ? 'candidate' : 'replace-now', pod }, serving: false };
}

/** Source: the same function, the branch with surge. */
function surgePart(view: View): Part {
  const { eligibility, available } = view;
  const pair = pairOf(view);
  if (!pair) return { part: { kind: 'surging' }, serving: false };
  const { fresh, old } = pair;
  if (!old) return { part: { kind: 'none' }, serving: fresh !== undefined && available(fresh) };
  const serving = available(old) || (fresh !== undefined && available(fresh));
  if (fresh) return { part: available(fresh) ? { kind: 'delete-now', pod: old } : { kind: 'surging' }, serving };
  if (available(old)) {
    return { part: eligibility.shouldRun ? { kind: 'surge-candidate' } : { kind: 'surplus', pod: old }, serving };
  }
  return { part: eligibility.shouldRun ? { kind: 'create-now' } : { kind: 'delete-now', pod: old }, serving };
}

/** Of a node that counts for nothing, and where sums begin. */
export const countNothing = (): NodeCounts => ({
  desired: 0,
  current: 0,
  misscheduled: 0,
  ready: 0,
  available: 0,
  updated: 0,
  restarts: 0,
  canary: 0,
  proven: 0,
  settled: 0,
});

/** Source: daemon_controller.go, updateDaemonSetStatus. */
function countNode(view: View, node: Node, now: number): NodeCounts {
  const { eligibility, pods, updated, available } = view;
  const counts = countNothing();
  countForLimits(counts, view, node, now);
  const first = pods[0];
  if (!eligibility.shouldRun) {
    counts.misscheduled = first ? 1 : 0;
    return counts;
  }
  counts.desired = 1;
  if (!first) return counts;
  counts.current = 1;
  counts.ready = isPodReady(first) ? 1 : 0;
  counts.available = available(first) ? 1 : 0;
  counts.updated = updated(first) ? 1 : 0;
  counts.settled = counts.available * counts.updated;
  return counts;
}

/** What counts for canaries and for pauses after restarts. */
function countForLimits(
  counts: NodeCounts,
  { compiled, eligibility, pods, updated }: View,
  node: Node,
  now: number,
): void {
  counts.canary = eligibility.shouldRun && isCanary(compiled.limits, node) ? 1 : 0;
  const fresh = pods.find((pod) => updated(pod) && !isPodDeleting(pod));
  if (!fresh) return;
  for (const { restartCount } of fresh.status?.containerStatuses ?? []) counts.restarts += restartCount;
  const provenAt = availableAt(fresh, (compiled.limits.canary?.provenAfterMs ?? 0) / 1000);
  const isProven = counts.canary === 1 && counts.restarts === 0 && provenAt !== undefined && provenAt <= now;
  counts.proven = isProven ? 1 : 0;
}
