import type { DaemonSet, Node, Taint, Toleration } from '@everynode/objects';
import { type RolloutLimits, rolloutLimitsOf } from '../limits/rollout-limits.js';
import { daemonPodTolerations } from '../pods/daemon-pod.js';
import { allowsSurge } from '../rollout/strategy.js';
import { compileNodeDemands, type NodeDemands } from './node-affinity.js';
import { findUntoleratedTaint } from './taints.js';

/** Why a daemon does not run on a node, for `explain` and for events. */
export type Ineligibility =
  | { kind: 'node-name'; wanted: string }
  | { kind: 'selector'; missing: string }
  | { kind: 'taint'; taint: Taint };

/** May a pod be started there, and may one that is there stay? `because` says what stands against it. */
export interface Eligibility {
  shouldRun: boolean;
  shouldContinueRunning: boolean;
  because?: Ineligibility;
}

/** A DaemonSet with all that can be worked out before any node is looked at. */
export interface CompiledDaemonSet {
  daemonSet: DaemonSet;
  demands: NodeDemands;
  tolerations: Toleration[];
  nodeName: string | undefined;
  surge: boolean;
  minReadySeconds: number;
  limits: RolloutLimits;
  /** What was found for the nodes that were looked at, for as long as they stay the same objects. */
  found: WeakMap<Node, Eligibility>;
}

export function compileDaemonSet(daemonSet: DaemonSet): CompiledDaemonSet {
  const podSpec = daemonSet.spec?.template.spec ?? { containers: [] };
  return {
    daemonSet,
    demands: compileNodeDemands(podSpec),
    tolerations: daemonPodTolerations(podSpec),
    nodeName: podSpec.nodeName || undefined,
    surge: allowsSurge(daemonSet.spec?.updateStrategy),
    minReadySeconds: daemonSet.spec?.minReadySeconds ?? 0,
    limits: rolloutLimitsOf(daemonSet),
    found: new WeakMap(),
  };
}

const NOWHERE = { shouldRun: false, shouldContinueRunning: false };

/**
 * May daemons run on the node? Pods come and go many times before a node changes, so that it is found once for each object.
 * Source: pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod and predicates.
 */
export function eligibilityOf(compiled: CompiledDaemonSet, node: Node): Eligibility {
  let eligibility = compiled.found.get(node);
  if (!eligibility) {
    eligibility = findEligibility(compiled, node);
    compiled.found.set(node, eligibility);
  }
  return eligibility;
}

function findEligibility(compiled: CompiledDaemonSet, node: Node): Eligibility {
  const name = node.metadata?.name ?? '';
  if (compiled.nodeName !== undefined && compiled.nodeName !== name) {
    return { ...NOWHERE, because: { kind: 'node-name', wanted: compiled.nodeName } };
  }
  const missing = compiled.demands.missing({ name, labels: node.metadata?.labels ?? {} });
  if (missing !== undefined) return { ...NOWHERE, because: { kind: 'selector', missing } };
  const taints = node.spec?.taints ?? [];
  const evicting = findUntoleratedTaint(taints, compiled.tolerations, ['NoExecute']);
  if (evicting) return { ...NOWHERE, because: { kind: 'taint', taint: evicting } };
  const repelling = findUntoleratedTaint(taints, compiled.tolerations, ['NoSchedule']);
  if (repelling) return { shouldRun: false, shouldContinueRunning: true, because: { kind: 'taint', taint: repelling } };
  return { shouldRun: true, shouldContinueRunning: true };
}
