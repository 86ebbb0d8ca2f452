import type { Node, Pod } from '@everynode/objects';
import { availableAt, isPodAvailable, isPodDeleting, isPodTerminal } from '@everynode/workloads';
import { zoneOf } from '../limits/zone-order.js';
import { type CompiledDaemonSet, type Eligibility, eligibilityOf } from '../placement/eligibility.js';
import { isShuttingDown } from '../placement/shutdown.js';
import { compareDaemonPods, isPodUpdated } from '../pods/pod-state.js';
import { OVERRIDE_ANNOTATION, overrideFor } from '../pods/resource-overrides.js';
import { type Management, manage, manageWithoutNode } from './managed-pods.js';
import { countNode, countNothing, type NodeCounts } from './node-counts.js';
import { type NodeFault, nodeFaultOf } from './node-fault.js';
import type { NodeView } from './node-view.js';
import { type PodTemplate, templateOf } from './pod-template.js';
import { type RoleInRollout, roleOf } from './rollout-role.js';
import { OUTSIDE, type Trial, trialOf } from './trial.js';

/** Everything that is derived from the state of one node at one time, on behalf of one DaemonSet. */
export interface NodeAssessment extends Management, RoleInRollout {
  eligibility: Eligibility;
  counts: NodeCounts;
  /** The node's zone, where the owner has zones updated one by one; else empty. */
  zone: string;
  /** Why an eligible node has no available pod, where time alone will not give it one. */
  fault: NodeFault | undefined;
  /** What the newest revision does on the node, as far as a deadline counts it; `outside` without conditions. */
  trial: Trial;
  /** The template of the node's pod, where the rollout keeps some nodes old. */
  template: PodTemplate | undefined;
  /** When time alone changes this assessment: ms since the epoch. */
  recheckAtMs: number | undefined;
}

/** What an assessment is made from. */
interface NodeState {
  /** Undefined when there is no such node (any more). */
  node: Node | undefined;
  /** The DaemonSet's pods on the node or pinned to it. */
  pods: readonly Pod[];
  currentHash: string;
  /** ms since the epoch. */
  now: number;
  /** A failed pod was deleted here a short while ago, so the next one stays for now. */
  inBackoff?: boolean;
}

const NO_NODE: Eligibility = { shouldRun: false, shouldContinueRunning: false };

/** Assesses one node on behalf of one DaemonSet. Everything that the controller does is a sum of these. */
export function assessNode(compiled: CompiledDaemonSet, state: NodeState): NodeAssessment {
  const { node, now } = state;
  const view = viewOf(compiled, state);
  const { eligibility, pods } = view;
  const counts = node ? countNode(view, node, now) : countNothing();
  const { create, deletes } = node ? manage(view) : manageWithoutNode(pods);
  const { role, serving } = roleOf(view, node);
  return {
    eligibility,
    create,
    deletes,
    counts,
    zone: zoneOf(compiled.limits.zones, node),
    fault: node && counts.desired === 1 && counts.available === 0 ? nodeFaultOf(node, pods[0]) : undefined,
    role,
    serving,
    trial: compiled.limits.conditions ? trialOf(view, node) : OUTSIDE,
    template: templateOf(view, state.currentHash),
    recheckAtMs: recheckAt(compiled, pods, now),
  };
}

function viewOf(compiled: CompiledDaemonSet, state: NodeState): NodeView {
  const { node, currentHash, now } = state;
  const annotations = compiled.daemonSet.metadata?.annotations;
  const override = overrideFor(compiled.limits.overrides, node)?.hash;
  return {
    compiled,
    eligibility: node ? eligibilityOf(compiled, node) : NO_NODE,
    pods: state.pods.filter((pod) => !(isPodDeleting(pod) && isPodTerminal(pod))).sort(compareDaemonPods),
    updated: (pod) =>
      isPodUpdated(pod.metadata?.labels, annotations, currentHash) &&
      pod.metadata?.annotations?.[OVERRIDE_ANNOTATION] === override,
    available: (pod) => isPodAvailable(pod, compiled.minReadySeconds, now),
    isShuttingDown: node !== undefined && isShuttingDown(node),
    inBackoff: state.inBackoff ?? false,
  };
}

/** The first time after `now` at which a pod becomes available or a canary has run long enough: ms since the epoch. */
function recheckAt(compiled: CompiledDaemonSet, pods: readonly Pod[], now: number): number | undefined {
  const provenAfterMs = compiled.limits.canary?.provenAfterMs;
  let first: number | undefined;
  const note = (at: number | undefined): void => {
    if (at !== undefined && at > now) first = Math.min(at, first ?? at);
  };
  for (const pod of pods) {
    note(availableAt(pod, compiled.minReadySeconds));
    if (provenAfterMs !== undefined) note(availableAt(pod, provenAfterMs / 1000));
  }
  return first;
}
