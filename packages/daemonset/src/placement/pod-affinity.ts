import {
  compileLabelSelector,
  type Node,
  type Pod,
  type PodAffinityTerm,
  type PodSpec,
  withLabelKeys,
} from '@everynode/objects';

/** A pod as affinity and spread see it. */
export interface PeerPod {
  namespace: string;
  labels: Readonly<Record<string, string>>;
  spec: PodSpec;
  /** Spread does not count a pod that is being deleted. */
  isDeleting: boolean;
}

/** Labels of namespaces by name; undefined for one that does not exist. */
export type NamespaceLabels = (name: string) => Readonly<Record<string, string>> | undefined;

export function peerOf({ metadata, spec }: Pick<Pod, 'metadata' | 'spec'>): PeerPod {
  return {
    namespace: metadata?.namespace ?? '',
    labels: metadata?.labels ?? {},
    spec: spec ?? { containers: [] },
    isDeleting: metadata?.deletionTimestamp != null,
  };
}

interface CompiledTerm {
  topologyKey: string;
  matches(pod: PeerPod): boolean;
}

/** The term of a pod; its own labels are part of what `matchLabelKeys` and `mismatchLabelKeys` select. */
const compileTerm = (term: PodAffinityTerm, owner: PeerPod, labelsOf: NamespaceLabels): CompiledTerm => ({
  topologyKey: term.topologyKey,
  matches: (pod) => matchesTerm(term, owner, pod, labelsOf),
});

/** Whether the term of one pod selects another. */
export function matchesTerm(term: PodAffinityTerm, owner: PeerPod, pod: PeerPod, labelsOf: NamespaceLabels): boolean {
  const { namespaces, namespaceSelector } = term;
  const isOwn = !namespaces?.length && !namespaceSelector;
  // Most pods are in another namespace: these need no compiled selector.
  if (isOwn && pod.namespace !== owner.namespace) return false;
  const { selectsLabels, selectsLabelsOfNamespace } = selectorsOf(term, owner);
  const isInNamespace =
    isOwn || namespaces?.includes(pod.namespace) || selectsLabelsOfNamespace(labelsOf(pod.namespace) ?? {});
  return isInNamespace && selectsLabels(pod.labels);
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

interface TermSelectors {
  selectsLabels: LabelTest;
  selectsLabelsOfNamespace: LabelTest;
}

/** By term: for each pod that is placed, the terms of all other pods are read. */
const known = new WeakMap<PodAffinityTerm, TermSelectors>();

function selectorsOf(term: PodAffinityTerm, owner: PeerPod): TermSelectors {
  const kept = known.get(term);
  if (kept) return kept;
  const { labelSelector, namespaceSelector, matchLabelKeys, mismatchLabelKeys } = term;
  const selectors = {
    selectsLabels: compileLabelSelector(labelSelector && withLabelKeys(labelSelector, owner.labels, term)),
    selectsLabelsOfNamespace: compileLabelSelector(namespaceSelector),
  };
  // Pods may share the term, but not the labels that complete it.
  if (!matchLabelKeys?.length && !mismatchLabelKeys?.length) known.set(term, selectors);
  return selectors;
}

/** Terms that must hold where a pod is placed. */
export const requiredAffinity = ({ affinity }: PodSpec): readonly PodAffinityTerm[] =>
  affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
export const requiredAntiAffinity = ({ affinity }: PodSpec): readonly PodAffinityTerm[] =>
  affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/** Pods by domain: the key and the value of a label of nodes. */
class DomainCounts {
  readonly #counts = new Map<string, number>();

  change(node: Node, topologyKey: string, by: number): void {
    const value = node.metadata?.labels?.[topologyKey];
    if (value === undefined) return;
    const domain = `${topologyKey}=${value}`;
    const count = (this.#counts.get(domain) ?? 0) + by;
    if (count === 0) this.#counts.delete(domain);
    else this.#counts.set(domain, count);
  }

  on(node: Node, topologyKey: string): number {
    const value = node.metadata?.labels?.[topologyKey];
    return value === undefined ? 0 : (this.#counts.get(`${topologyKey}=${value}`) ?? 0);
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }
}

/**
 * Whether the required pod affinity and anti-affinity of a pod, and the anti-affinity of the pods that are there, let
 * it onto a node. Pods are added and removed one by one. Source: scheduler plugin InterPodAffinity.
 */
export class PodAffinity {
  readonly #pod: PeerPod;
  readonly #labelsOf: NamespaceLabels;
  readonly #wanted: readonly CompiledTerm[];
  readonly #avoided: readonly CompiledTerm[];
  readonly #near = new DomainCounts();
  readonly #far = new DomainCounts();
  readonly #existing = new DomainCounts();

  constructor(pod: PeerPod, labelsOf: NamespaceLabels) {
    this.#pod = pod;
    this.#labelsOf = labelsOf;
    this.#wanted = requiredAffinity(pod.spec).map((term) => compileTerm(term, pod, labelsOf));
    this.#avoided = requiredAntiAffinity(pod.spec).map((term) => compileTerm(term, pod, labelsOf));
  }

  /** Counts a pod on a node; `by` is 1 for one more, and -1 for one less. */
  change(peer: PeerPod, node: Node, by: number): void {
    // Only a pod that all terms select counts for any of them.
    if (this.#wanted.length > 0 && this.#wanted.every((term) => term.matches(peer))) {
      for (const { topologyKey } of this.#wanted) this.#near.change(node, topologyKey, by);
    }
    for (const term of this.#avoided) if (term.matches(peer)) this.#far.change(node, term.topologyKey, by);
    for (const term of requiredAntiAffinity(peer.spec)) {
      if (matchesTerm(term, peer, this.#pod, this.#labelsOf)) this.#existing.change(node, term.topologyKey, by);
    }
  }

  fault(node: Node): string | undefined {
    if (!this.#isNearEnough(node)) return "node(s) didn't match pod affinity rules";
    if (this.#avoided.some(({ topologyKey }) => this.#far.on(node, topologyKey) > 0)) {
      return "node(s) didn't match pod anti-affinity rules";
    }
    for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
      if (value !== undefined && this.#existing.on(node, key) > 0) {
        return "node(s) didn't satisfy existing pods anti-affinity rules";
      }
    }
    return undefined;
  }

  #isNearEnough(node: Node): boolean {
    const labels = node.metadata?.labels ?? {};
    if (this.#wanted.some(({ topologyKey }) => labels[topologyKey] === undefined)) return false;
    if (this.#wanted.every(({ topologyKey }) => this.#near.on(node, topologyKey) > 0)) return true;
    // The first of a group of pods that want to be near each other may be anywhere.
    return this.#near.isEmpty && this.#wanted.every((term) => term.matches(this.#pod));
  }
}

/** Whether the anti-affinity of a pod keeps another pod away from somewhere. */
export function repels(peer: PeerPod, pod: PeerPod, labelsOf: NamespaceLabels): boolean {
  return requiredAntiAffinity(peer.spec).some((term) => matchesTerm(term, peer, pod, labelsOf));
}
