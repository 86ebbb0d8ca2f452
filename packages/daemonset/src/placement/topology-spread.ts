import { matchesLabelSelector, type Node, type PodSpec, type TopologySpreadConstraint } from '@everynode/objects';
import { compileNodeDemands, type NodeDemands } from './node-affinity.js';
import { type PeerPod, withLabelKeys } from './pod-affinity.js';
import { findUntoleratedTaint } from './taints.js';

const NOT_MATCHED = "node(s) didn't match pod topology spread constraints";

interface Constraint {
  given: TopologySpreadConstraint;
  matches(peer: PeerPod): boolean;
  /** Matching pods by value of the topology label, for every domain that counts. */
  domains: Map<string, number>;
}

/** Constraints that a node must meet; the others only order nodes. */
export const requiredSpread = ({ spec }: Pick<PeerPod, 'spec'>): TopologySpreadConstraint[] =>
  (spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule');

/**
 * The spread of a pod that is pinned to its node, without the pin. A constraint that honours node affinity compares
 * that node with itself: it asks for the label, and for no balance.
 */
export function withPinnedSpread(spec: PodSpec): PodSpec {
  if (!spec.topologySpreadConstraints) return spec;
  const topologySpreadConstraints = spec.topologySpreadConstraints.map((constraint) =>
    constraint.nodeAffinityPolicy === 'Ignore' ? constraint : { ...constraint, maxSkew: Number.MAX_SAFE_INTEGER },
  );
  return { ...spec, topologySpreadConstraints };
}

/**
 * Whether a pod keeps to its topologySpreadConstraints on a node. All nodes are named first, so that domains without
 * pods count; then pods are added and removed one by one. Source: scheduler plugin PodTopologySpread.
 */
export class TopologySpread {
  readonly #pod: PeerPod;
  readonly #demands: NodeDemands;
  readonly #constraints: readonly Constraint[];

  constructor(pod: PeerPod, nodes: Iterable<Node>) {
    this.#pod = pod;
    this.#demands = compileNodeDemands(pod.spec);
    this.#constraints = requiredSpread(pod).map((given) => {
      const selector = given.labelSelector && withLabelKeys(given.labelSelector, pod.labels, given);
      return {
        given,
        matches: ({ namespace, labels, isDeleting }) =>
          !isDeleting && namespace === pod.namespace && selector != null && matchesLabelSelector(selector, labels),
        domains: new Map(),
      };
    });
    if (this.#constraints.length === 0) return;
    for (const node of nodes) {
      for (const constraint of this.#constraints) {
        const domain = this.#domainOf(constraint, node);
        if (domain !== undefined && !constraint.domains.has(domain)) constraint.domains.set(domain, 0);
      }
    }
  }

  /** Counts a pod on a node; `by` is 1 for one more, and -1 for one less. */
  change(peer: PeerPod, node: Node, by: number): void {
    for (const constraint of this.#constraints) {
      const domain = constraint.matches(peer) ? this.#domainOf(constraint, node) : undefined;
      if (domain !== undefined) constraint.domains.set(domain, (constraint.domains.get(domain) ?? 0) + by);
    }
  }

  fault(node: Node): string | undefined {
    for (const { given, matches, domains } of this.#constraints) {
      const value = node.metadata?.labels?.[given.topologyKey];
      if (value === undefined) return `${NOT_MATCHED} (missing required label)`;
      const isTooFew = domains.size < (given.minDomains ?? 1);
      const least = isTooFew ? 0 : Math.min(...domains.values());
      const own = matches({ ...this.#pod, isDeleting: false }) ? 1 : 0;
      if ((domains.get(value) ?? 0) + own - least > given.maxSkew) return NOT_MATCHED;
    }
    return undefined;
  }

  /** The domain of a node; undefined for a node that does not count for the constraint. */
  #domainOf({ given }: Constraint, node: Node): string | undefined {
    const { name = '', labels = {} } = node.metadata ?? {};
    // A node counts only when it has the labels of all constraints.
    if (this.#constraints.some((one) => labels[one.given.topologyKey] === undefined)) return undefined;
    const honoursAffinity = (given.nodeAffinityPolicy ?? 'Honor') === 'Honor';
    if (honoursAffinity && this.#demands.missing({ name, labels }) !== undefined) return undefined;
    if (given.nodeTaintsPolicy === 'Honor') {
      const tolerations = this.#pod.spec.tolerations ?? [];
      if (findUntoleratedTaint(node.spec?.taints ?? [], tolerations, ['NoSchedule', 'NoExecute'])) return undefined;
    }
    return labels[given.topologyKey];
  }
}
