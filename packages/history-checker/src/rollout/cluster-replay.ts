import type { Change, DaemonSetFacts, NodeFacts, PodFacts } from '../history.js';

export interface ReplayedPod extends PodFacts {
  key: string;
  uid: string;
}

export interface ReplayedNode extends NodeFacts {
  name: string;
  labels: Record<string, string>;
}

export interface ReplayedDaemonSet extends DaemonSetFacts {
  key: string;
  uid: string;
  /** Hash of its newest template; undefined before the first ControllerRevision. */
  hash: string | undefined;
  /** Its pods by node. */
  pods: Map<string, Map<string, ReplayedPod>>;
}

/** A pod that counts: neither being deleted nor finished. */
export function isLive(pod: PodFacts): boolean {
  return !pod.deleting && !pod.finished;
}

/** The cluster as the journal tells it, change by change. */
export class ClusterReplay {
  readonly nodes = new Map<string, ReplayedNode>();
  /** By uid. */
  readonly daemonSets = new Map<string, ReplayedDaemonSet>();
  /** By uid. */
  readonly pods = new Map<string, ReplayedPod>();
  readonly #templates = new Map<string, { number: number; hash: string }>();

  /** Applies a change. Returns the pod as it was before, for a change of a pod. */
  apply(change: Change): ReplayedPod | undefined {
    const { facts } = change;
    if (facts.node) this.#applyNode(change, facts.node);
    else if (facts.daemonSet) this.#applyDaemonSet(change, facts.daemonSet);
    else if (facts.template && change.type !== 'DELETED') this.#applyTemplate(facts.template);
    else if (facts.pod) return this.#applyPod(change, facts.pod);
    return undefined;
  }

  /** Whether a DaemonSet shall run a pod on a node. */
  isEligible({ nodeSelector }: DaemonSetFacts, { labels, taints }: ReplayedNode): boolean {
    return taints.length === 0 && Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  }

  eligibleNodes(daemonSet: DaemonSetFacts): ReplayedNode[] {
    return [...this.nodes.values()].filter((node) => this.isEligible(daemonSet, node));
  }

  /** A pod whose controller is not there: its DaemonSet was deleted, or never was. */
  orphan(): ReplayedPod | undefined {
    return [...this.pods.values()].find(({ owner }) => !this.daemonSets.has(owner));
  }

  livePods(daemonSet: ReplayedDaemonSet, node: string): ReplayedPod[] {
    return [...(daemonSet.pods.get(node)?.values() ?? [])].filter(isLive);
  }

  #applyNode({ type, key, facts }: Change, node: NodeFacts): void {
    const name = key.slice(key.indexOf('/') + 1);
    if (type === 'DELETED') this.nodes.delete(name);
    else this.nodes.set(name, { ...node, name, labels: facts.labels ?? {} });
  }

  #applyDaemonSet({ type, key, uid }: Change, facts: DaemonSetFacts): void {
    if (type === 'DELETED') {
      this.daemonSets.delete(uid);
      return;
    }
    const before = this.daemonSets.get(uid);
    const pods = before?.pods ?? new Map<string, Map<string, ReplayedPod>>();
    this.daemonSets.set(uid, { ...facts, key, uid, hash: this.#templates.get(uid)?.hash, pods });
  }

  #applyTemplate({ owner, number, hash }: { owner: string; number: number; hash: string }): void {
    const newest = this.#templates.get(owner);
    if (newest && newest.number > number) return;
    this.#templates.set(owner, { number, hash });
    const daemonSet = this.daemonSets.get(owner);
    if (daemonSet) daemonSet.hash = hash;
  }

  #applyPod({ type, key, uid }: Change, facts: PodFacts): ReplayedPod | undefined {
    const before = this.pods.get(uid);
    const pod = { ...facts, key, uid };
    if (type === 'DELETED') this.pods.delete(uid);
    else this.pods.set(uid, pod);
    const daemonSet = this.daemonSets.get(facts.owner);
    if (!daemonSet || facts.node === '') return before;
    const onNode = daemonSet.pods.get(facts.node) ?? new Map<string, ReplayedPod>();
    daemonSet.pods.set(facts.node, onNode);
    if (type === 'DELETED') onNode.delete(uid);
    else onNode.set(uid, pod);
    return before;
  }
}
