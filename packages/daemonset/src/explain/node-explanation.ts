import type { DaemonSet, Node, Pod, PodSpec } from '@everynode/objects';
import type { ClusterView } from '../placement/cluster-view.js';
import type { NodeLoad } from '../placement/node-fit.js';

/**
 * What happens on a node next. `none`: there is no pod, and none is due. `keep`: the pod stays as it is. `create`,
 * `delete`, `restart`: what the controller does now. `wait`: something holds up what the controller would do.
 */
export type NodeOutcome = 'none' | 'keep' | 'create' | 'delete' | 'restart' | 'wait';

/** Why a node has a pod of the DaemonSet, or has none. */
export interface NodeExplanation {
  node: string;
  /** A pod should run there. */
  eligible: boolean;
  /** The pod that counts for the node, where there is one. */
  pod?: { name: string; revision: string; ready: boolean };
  outcome: NodeOutcome;
  /** The term, taint, resource or budget that decides it, in a sentence for users. */
  reason: string;
}

/** Why a pod would not be created, in the words that the refusal has. */
export interface Refusal {
  refusal: string;
}

/** The state that an explanation is derived from. */
export interface ExplainInput {
  daemonSet: DaemonSet;
  nodes: readonly Node[];
  /** The DaemonSet's pods by the name of the node they are on or meant for. */
  podsByNode: ReadonlyMap<string, readonly Pod[]>;
  /** Hash of the current revision; empty when there is none yet, which makes every pod an old one. */
  currentHash: string;
  /** ms since the epoch. */
  now: number;
  /** Everything that takes room on a node. */
  loadOf: (node: Node) => NodeLoad;
  /** What the place of a pod may depend on beside its node; nothing where this is left out. */
  view?: ClusterView;
  /** Returns the spec of a pod as admission completes it; the same spec where this is left out. */
  admit?: (spec: PodSpec) => PodSpec | Refusal;
}
