import type { DaemonSet, Node, Taint, Toleration } from '@everynode/objects';
import { type RolloutLimits, rolloutLimitsOf } from '../limits/rollout-limits.js';
import { daemonPodTolerations } from '../pods/daemon-pod.js';
import { allowsSurge } from '../rollout/strategy.js';
import { compileNodeDemands, type NodeDemands } from './node-affinity.js';
import { findUntoleratedTaint } from './taints.js';

/** Why a daemon pod does not run on a node. */
export type Ineligibility =
  | { kind: 'node-name'; wanted: string }
  | { kind: 'selector'; missing: string }
  | { kind: 'taint'; taint: Taint };

/** Whether a pod may be started on a node, and whether an existing one may stay. `because` is what forbids it. */
export interface Eligibility {
  shouldRun: boolean;
  shouldContinueRunning: boolean;
  because?: Ineligibility;
}

/** A DaemonSet with everything that is derived from it before any node is read. */
export interface CompiledDaemonSet {
  daemonSet: DaemonSet;
  demands: NodeDemands;
  tolerations: Toleration[];
  nodeName: string | undefined;
  surge: boolean;
  minReadySeconds: number;
  limits: RolloutLimits;
  /** Results by node object: a changed node is another object. */
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
 * Whether daemon pods may run on the node. The answer is remembered for each node object, because a node's pods change
 * many times before the node does.
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
