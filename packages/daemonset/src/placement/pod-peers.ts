import type { Node } from '@everynode/objects';
import {
  type NamespaceLabels,
  type PeerPod,
  PodAffinity,
  repels,
  requiredAffinity,
  requiredAntiAffinity,
} from './pod-affinity.js';
import { requiredSpread, TopologySpread } from './topology-spread.js';

/** A node with the pods on it that have not ended. */
export interface PeerNode {
  node: Node;
  peers: readonly PeerPod[];
}

/** Whether the other pods of the cluster decide where a pod may be. Those that repel pods are all of the cluster's. */
export function dependsOnPeers(pod: PeerPod, repelling: Iterable<PeerPod>, labelsOf: NamespaceLabels): boolean {
  const { spec } = pod;
  if (requiredAffinity(spec).length + requiredAntiAffinity(spec).length + requiredSpread(pod).length > 0) return true;
  for (const peer of repelling) if (repels(peer, pod, labelsOf)) return true;
  return false;
}

/**
 * What the other pods of the cluster mean for the place of one pod, in the words of upstream's scheduler plugins. Pods
 * may be taken away and put back: that is how preemption tries whose end helps.
 */
export class PodPeers {
  readonly #affinity: PodAffinity;
  readonly #spread: TopologySpread;

  constructor(pod: PeerPod, cluster: readonly PeerNode[], labelsOf: NamespaceLabels) {
    this.#affinity = new PodAffinity(pod, labelsOf);
    this.#spread = new TopologySpread(
      pod,
      cluster.map(({ node }) => node),
    );
    for (const { node, peers } of cluster) for (const peer of peers) this.put(peer, node);
  }

  put(peer: PeerPod, node: Node): void {
    this.#affinity.change(peer, node, 1);
    this.#spread.change(peer, node, 1);
  }

  take(peer: PeerPod, node: Node): void {
    this.#affinity.change(peer, node, -1);
    this.#spread.change(peer, node, -1);
  }

  /** Why the pod may not be on the node; undefined when it may. */
  fault(node: Node): string | undefined {
    return this.#spread.fault(node) ?? this.#affinity.fault(node);
  }
}
