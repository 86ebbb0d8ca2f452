import {
  bindsAtOnce,
  type ClusterView,
  chooseVictims,
  holdOf,
  nodeFault,
  type PeerPod,
  peerOf,
  peersOf,
  podDemands,
  roomFaults,
  targetNodeOf,
} from '@everynode/daemonset';
import { type Node, type Pod, type PodSpec, type Stored, timestamp, withPodScheduled } from '@everynode/objects';
import { terminatePod } from './terminate-pod.js';
import type { NodeVersion, PodVersion } from './versions.js';
import type { VirtualClock } from './virtual-clock.js';
import type { ClusterListener, VirtualCluster } from './virtual-cluster.js';

type PlacedPod = Stored<Pod> & { spec: PodSpec };

/** Binds pods that are pinned to a node, where it has room for them, and has less important pods leave it. */
export class PodPlacement implements ClusterListener {
  readonly #cluster: VirtualCluster;
  readonly #clock: VirtualClock;
  /** The uids of pods that wait for room, by the node that they are pinned to. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Nodes whose waiting pods are looked at in a moment. */
  readonly #due = new Set<string>();
  /** Pods on nodes that have anti-affinity. */
  readonly #repelling = new Map<string, PeerPod>();

  constructor(cluster: VirtualCluster, clock: VirtualClock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /**
   * Returns the pod as it is created: bound where its node has room for it, and else waiting. A spec that names its
   * node is not looked at, as upstream.
   */
  placed(pod: PlacedPod, node: Node, bypasses: boolean): Stored<Pod> {
    const at = timestamp(this.#clock.wallTime());
    const name = node.metadata?.name ?? '';
    const isBound = bypasses || (bindsAtOnce(peerOf(pod), this.#view(pod)) && this.#faults(pod, node).length === 0);
    if (!isBound) return pod;
    const conditions = withPodScheduled(undefined, { status: 'True' }, at);
    return { ...pod, spec: { ...pod.spec, nodeName: name }, status: { ...pod.status, conditions } };
  }

  onPod(before: PodVersion | undefined, after: PodVersion | undefined): void {
    const uid = (after ?? before)?.record.uid ?? '';
    if (after && after.record.placement === null) {
      const target = targetNodeOf(after.object);
      if (target === undefined || before) return;
      const waiting = this.#waiting.get(target);
      if (waiting) waiting.add(uid);
      else this.#waiting.set(target, new Set([uid]));
      this.#lookAt(target);
      return;
    }
    const node = (after ?? before)?.record.placement;
    if (after && !before?.record.placement) this.#noteRepelling(after);
    if (!after) this.#repelling.delete(uid);
    if (node != null && (!after || after.status?.phase !== before?.status?.phase)) this.#lookAt(node);
    if (!after && before?.record.placement === null) this.#forget(before);
  }

  onNode(before: NodeVersion | undefined, after: NodeVersion | undefined): void {
    const name = (after ?? before)?.record.name ?? '';
    this.#lookAt(name);
  }

  onDaemonSet(): void {}

  #noteRepelling({ record, object }: PodVersion): void {
    if (object.spec?.affinity?.podAntiAffinity) this.#repelling.set(record.uid, peerOf(object));
  }

  #forget({ record, object }: PodVersion): void {
    this.#waiting.get(targetNodeOf(object) ?? '')?.delete(record.uid);
  }

  #lookAt(node: string): void {
    if (!this.#waiting.get(node)?.size || this.#due.has(node)) return;
    this.#due.add(node);
    this.#clock.after(0, () => {
      this.#due.delete(node);
      this.#place(node);
    });
  }

  /** Looks at the pods that wait for the node, the most important first. */
  #place(name: string): void {
    const node = this.#cluster.node(name)?.object;
    if (!node) return;
    const waiting = [...(this.#waiting.get(name) ?? [])].flatMap((uid) => this.#cluster.pod(uid)?.object ?? []);
    waiting.sort((a, b) => (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0));
    for (const pod of waiting) if (pod.spec) this.#settle({ ...pod, spec: pod.spec }, node);
  }

  #settle(pod: PlacedPod, node: Stored<Node>): void {
    const { uid } = pod.metadata;
    const at = timestamp(this.#clock.wallTime());
    const hold = holdOf(pod, this.#view(pod).claimOf);
    const faults = hold === undefined ? this.#faults(pod, node) : [hold];
    if (faults.length === 0) {
      this.#waiting.get(node.metadata.name)?.delete(uid);
      this.#cluster.changePod(uid, 'desired', (current) => ({
        ...current,
        spec: { ...(current.spec ?? pod.spec), nodeName: node.metadata.name },
        status: { ...current.status, conditions: withPodScheduled(current.status?.conditions, { status: 'True' }, at) },
      }));
      return;
    }
    const message = `0/${this.#cluster.nodeCount} nodes are available: 1 ${faults.join(', ')}.`;
    const told = { status: 'False', reason: 'Unschedulable', message };
    const conditions = withPodScheduled(pod.status?.conditions, told, at);
    this.#cluster.setPodStatus(uid, { ...pod.status, conditions });
    if (hold === undefined) this.#preempt(pod, node);
  }

  #preempt({ spec, ...pod }: PlacedPod, node: Stored<Node>): void {
    const pods = this.#cluster.occupants(node.metadata.name);
    const priority = spec.priority ?? 0;
    const isLeaving = pods.some(
      ({ metadata, spec: theirs }) => metadata.deletionTimestamp !== undefined && (theirs?.priority ?? 0) < priority,
    );
    if (isLeaving) return;
    const peers = peersOf(peerOf({ ...pod, spec }), this.#view(pod), node);
    const { budgets } = this.#cluster.surroundings;
    const chosen = chooseVictims(spec, [{ node, pods, claimed: [] }], budgets, peers);
    for (const { metadata } of chosen?.victims ?? []) terminatePod(this.#cluster, this.#clock, metadata.uid);
  }

  #faults(pod: PlacedPod, node: Node): string[] {
    const demands = podDemands(pod.spec);
    const fault = nodeFault(demands, node);
    if (fault !== undefined) return [fault];
    const short = roomFaults(demands, { node, pods: this.#cluster.occupants(node.metadata?.name ?? '') });
    if (short.length > 0) return short;
    const apart = peersOf(peerOf(pod), this.#view(pod), node)?.fault(node);
    return apart === undefined ? [] : [apart];
  }

  #view({ metadata: { namespace } }: Pick<PlacedPod, 'metadata'>): ClusterView {
    const cluster = this.#cluster;
    const { namespaces } = cluster.surroundings;
    return {
      nodes: (among = () => true) =>
        Array.from(cluster.nodes(), ({ object }) => object)
          .filter(among)
          .map((node) => ({ node, peers: cluster.occupants(node.metadata.name).map(peerOf) })),
      repelling: () => this.#repelling.values(),
      labelsOf: (name) =>
        name === namespace || namespaces.has(name) ? (namespaces.get(name)?.metadata.labels ?? {}) : undefined,
      // Claims are not part of a simulation: each is there.
      claimOf: () => ({ isDeleting: false }),
    };
  }
}
