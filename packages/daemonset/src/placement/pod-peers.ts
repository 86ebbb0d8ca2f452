import type { Node } from '@everynode/objects';
import {
  matchesTerm,
  type NamespaceLabels,
  type PeerPod,
  PodAffinity,
  repels,
  requiredAffinity,
  requiredAntiAffinity,
} from './pod-affinity.js';
import { comparesDomains, requiredSpread, TopologySpread } from './topology-spread.js';

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
 * Returns the test for nodes that share a domain with `target` in which other pods may keep the pod off it; undefined
 * when all nodes matter: a spread compares domains, and the first pod of a group that wants to be near each other is
 * the first of the cluster.
 */
export function domainsOf(
  target: Node,
  pod: PeerPod,
  repelling: Iterable<PeerPod>,
  labelsOf: NamespaceLabels,
): ((node: Node) => boolean) | undefined {
  const spread = requiredSpread(pod);
  const wanted = requiredAffinity(pod.spec);
  if (spread.some(comparesDomains)) return undefined;
  if (wanted.length > 0 && wanted.every((term) => matchesTerm(term, pod, pod, labelsOf))) return undefined;
  const keys = new Set([...spread, ...wanted, ...requiredAntiAffinity(pod.spec)].map(({ topologyKey }) => topologyKey));
  for (const peer of repelling) for (const { topologyKey } of requiredAntiAffinity(peer.spec)) keys.add(topologyKey);
  const own = target.metadata?.labels ?? {};
  const domains = [...keys].filter((key) => own[key] !== undefined);
  return ({ metadata }) => domains.some((key) => metadata?.labels?.[key] === own[key]);
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
