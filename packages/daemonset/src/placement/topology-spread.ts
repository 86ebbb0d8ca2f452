import {
  compileLabelSelector,
  type Node,
  type PodSpec,
  type TopologySpreadConstraint,
  withLabelKeys,
} from '@everynode/objects';
import { compileNodeDemands, type NodeDemands } from './node-affinity.js';
import type { PeerPod } from './pod-affinity.js';
import { findUntoleratedTaint } from './taints.js';

const NOT_MATCHED = "node(s) didn't match pod topology spread constraints";

interface Constraint {
  given: TopologySpreadConstraint;
  matches(peer: PeerPod): boolean;
  /** What the pod itself adds to the domain of its node. */
  own: number;
  /** Matching pods by value of the topology label, for every domain that counts. */
  domains: Map<string, number>;
  /** The fewest of a domain; undefined until it is asked for again. There may be as many domains as nodes. */
  least: number | undefined;
}

/** Constraints that a node must meet; the others only order nodes. */
export const requiredSpread = ({ spec }: Pick<PeerPod, 'spec'>): TopologySpreadConstraint[] =>
  (spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule');

/** Whether a constraint of a pod that may be on one node only compares the domain of that node with others. */
export const comparesDomains = ({ nodeAffinityPolicy }: TopologySpreadConstraint): boolean =>
  nodeAffinityPolicy === 'Ignore';

/**
 * The spread of a pod that is pinned to its node, without the pin. A constraint that honours node affinity compares
 * that node with itself: it asks for the label, and for no balance.
 */
export function withPinnedSpread(spec: PodSpec): PodSpec {
  if (!spec.topologySpreadConstraints) return spec;
  const topologySpreadConstraints = spec.topologySpreadConstraints.map((constraint) =>
    comparesDomains(constraint) ? constraint : { ...constraint, maxSkew: Number.MAX_SAFE_INTEGER },
  );
  return { ...spec, topologySpreadConstraints };
}

function leastOf(constraint: Constraint): number {
  if (constraint.least === undefined) {
    constraint.least = Number.POSITIVE_INFINITY;
    for (const count of constraint.domains.values()) constraint.least = Math.min(constraint.least, count);
  }
  return constraint.least;
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
      const selects = compileLabelSelector(
        given.labelSelector && withLabelKeys(given.labelSelector, pod.labels, given),
      );
      const matches = ({ namespace, labels, isDeleting }: PeerPod): boolean =>
        !isDeleting && namespace === pod.namespace && selects(labels);
      const own = matches({ ...pod, isDeleting: false }) ? 1 : 0;
      return { given, matches, own, domains: new Map<string, number>(), least: undefined };
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
      if (domain === undefined) continue;
      constraint.domains.set(domain, (constraint.domains.get(domain) ?? 0) + by);
      constraint.least = undefined;
    }
  }

  fault(node: Node): string | undefined {
    for (const constraint of this.#constraints) {
      const { given, own, domains } = constraint;
      const value = node.metadata?.labels?.[given.topologyKey];
      if (value === undefined) return `${NOT_MATCHED} (missing required label)`;
      const least = domains.size < (given.minDomains ?? 1) ? 0 : leastOf(constraint);
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
