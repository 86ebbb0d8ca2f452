import type { Pod } from '@everynode/objects';
import type { CompiledDaemonSet, Eligibility } from '../placement/eligibility.js';

/** What the rules of an assessment read: a node's pods, and what each pod counts as. */
export interface NodeView {
  compiled: CompiledDaemonSet;
  eligibility: Eligibility;
  /** The DaemonSet's pods on the node, without those that are deleted and finished; the oldest first. */
  pods: Pod[];
  /** Is the pod of the current revision? */
  updated: (pod: Pod) => boolean;
  /** Has the pod been ready for as long as the DaemonSet asks? */
  available: (pod: Pod) => boolean;
  /** No pod is started, and none is updated. */
  isShuttingDown: boolean;
  /** A failed pod was deleted here a short while ago, so the next one stays for now. */
  inBackoff: boolean;
}
