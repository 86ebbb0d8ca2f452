import { isShuttingDown } from '@everynode/daemonset';
import {
  type ControllerRevision,
  controllerOf,
  type DaemonSet,
  type DaemonSetStatus,
  keyOf,
  type Node,
  type Pod,
  type PodStatus,
  type Stored,
  type StoredKinds,
} from '@everynode/objects';
import { isPodTerminal } from '@everynode/workloads';
import { type DaemonSetVersion, type NodeVersion, type Part, type PodVersion, VersionMaker } from './versions.js';

/** Hears of every change, when it is made. */
export interface ClusterListener {
  onPod(before: PodVersion | undefined, after: PodVersion | undefined): void;
  onNode(before: NodeVersion | undefined, after: NodeVersion | undefined): void;
  onDaemonSet(after: DaemonSetVersion): void;
}

/** The objects that a simulation starts with, and that do not change in it. */
export interface Surroundings {
  namespaces: ReadonlyMap<string, StoredKinds['namespaces']>;
  priorityClasses: readonly StoredKinds['priorityclasses.scheduling.k8s.io'][];
  budgets: readonly StoredKinds['poddisruptionbudgets.policy'][];
}

/** The objects of a simulated cluster, by the indexes that controllers read. */
export class VirtualCluster {
  readonly #versions = new VersionMaker();
  readonly #nodes = new Map<string, NodeVersion>();
  readonly #pods = new Map<string, PodVersion>();
  readonly #byNode = new Map<string, Map<string, PodVersion>>();
  readonly #byOwner = new Map<string, Map<string, PodVersion>>();
  readonly #daemonSets = new Map<string, DaemonSetVersion>();
  readonly #revisions = new Map<string, Stored<ControllerRevision>[]>();
  readonly #listeners: ClusterListener[] = [];

  constructor(readonly surroundings: Surroundings) {}

  addListener(listener: ClusterListener): void {
    this.#listeners.push(listener);
  }

  /** What the state of a DaemonSet is built from. */
  readonly caches = {
    pods: { find: (_index: 'byOwner', uid: string): Iterable<PodVersion> => this.#byOwner.get(uid)?.values() ?? [] },
    nodes: {
      get: (_namespace: '', name: string): NodeVersion | undefined => this.#nodes.get(name),
      list: (): Iterable<NodeVersion> => this.#nodes.values(),
    },
  };

  node(name: string): NodeVersion | undefined {
    return this.#nodes.get(name);
  }

  nodes(): Iterable<NodeVersion> {
    return this.#nodes.values();
  }

  get nodeCount(): number {
    return this.#nodes.size;
  }

  addNode(node: Stored<Node>): void {
    const version = this.#versions.first(node);
    this.#nodes.set(node.metadata.name, version);
    for (const listener of this.#listeners) listener.onNode(undefined, version);
  }

  /** Changes a node that is there. */
  changeNode(name: string, part: Part, change: (node: Stored<Node>) => Stored<Node>): void {
    const before = this.#nodes.get(name);
    if (!before) return;
    const after = this.#versions.next(before, part, change(before.object));
    this.#nodes.set(name, after);
    for (const listener of this.#listeners) listener.onNode(before, after);
  }

  removeNode(name: string): void {
    const before = this.#nodes.get(name);
    if (!before) return;
    this.#nodes.delete(name);
    for (const listener of this.#listeners) listener.onNode(before, undefined);
  }

  pod(uid: string): PodVersion | undefined {
    return this.#pods.get(uid);
  }

  pods(): Iterable<PodVersion> {
    return this.#pods.values();
  }

  /** The pods that are bound to the node. */
  podsOn(node: string): Iterable<PodVersion> {
    return this.#byNode.get(node)?.values() ?? [];
  }

  /** The pods that use the room of the node: those that are bound to it and have not ended. */
  occupants(node: string): Stored<Pod>[] {
    const pods: Stored<Pod>[] = [];
    for (const { object } of this.podsOn(node)) if (!isPodTerminal(object)) pods.push(object);
    return pods;
  }

  addPod(pod: Stored<Pod>): PodVersion {
    const version = this.#versions.first(pod);
    this.#put(undefined, version);
    return version;
  }

  changePod(uid: string, part: Part, change: (pod: Stored<Pod>) => Stored<Pod>): void {
    const before = this.#pods.get(uid);
    if (before) this.#put(before, this.#versions.next(before, part, change(before.object)));
  }

  setPodStatus(uid: string, status: PodStatus): void {
    this.changePod(uid, 'status', (pod) => ({ ...pod, status }));
  }

  removePod(uid: string): void {
    const before = this.#pods.get(uid);
    if (!before) return;
    this.#pods.delete(uid);
    this.#unindex(before);
    for (const listener of this.#listeners) listener.onPod(before, undefined);
  }

  #put(before: PodVersion | undefined, after: PodVersion): void {
    const { uid, placement } = after.record;
    if (before) this.#unindex(before);
    this.#pods.set(uid, after);
    if (placement !== null) bucketOf(this.#byNode, placement).set(uid, after);
    const owner = controllerOf(after.metadata);
    if (owner) bucketOf(this.#byOwner, owner.uid).set(uid, after);
    for (const listener of this.#listeners) listener.onPod(before, after);
  }

  #unindex({ record: { uid, placement }, metadata }: PodVersion): void {
    if (placement !== null) this.#byNode.get(placement)?.delete(uid);
    const owner = controllerOf(metadata);
    if (owner) this.#byOwner.get(owner.uid)?.delete(uid);
  }

  daemonSet(key: string): DaemonSetVersion | undefined {
    return this.#daemonSets.get(key);
  }

  daemonSets(): Iterable<DaemonSetVersion> {
    return this.#daemonSets.values();
  }

  /** Adds a DaemonSet, or replaces one of the same name: `part` is then what differs. */
  putDaemonSet(daemonSet: Stored<DaemonSet>, part: Part = 'desired'): void {
    const key = keyOf(daemonSet.metadata);
    const before = this.#daemonSets.get(key);
    const after = before ? this.#versions.next(before, part, daemonSet) : this.#versions.first(daemonSet);
    this.#daemonSets.set(key, after);
    for (const listener of this.#listeners) listener.onDaemonSet(after);
  }

  /** Sets the counters of a DaemonSet. It makes no pass due. */
  setDaemonSetStatus(key: string, status: DaemonSetStatus): void {
    const before = this.#daemonSets.get(key);
    if (before) this.#daemonSets.set(key, this.#versions.next(before, 'status', { ...before.object, status }));
  }

  removeDaemonSet(key: string): void {
    this.#daemonSets.delete(key);
  }

  revisionsOf(uid: string): readonly Stored<ControllerRevision>[] {
    return this.#revisions.get(uid) ?? [];
  }

  /** Adds a revision of a DaemonSet, or replaces the one of the same name. */
  putRevision(uid: string, revision: Stored<ControllerRevision>): void {
    const others = this.revisionsOf(uid).filter(({ metadata }) => metadata.name !== revision.metadata.name);
    this.#revisions.set(uid, [...others, revision]);
  }
}

function bucketOf(index: Map<string, Map<string, PodVersion>>, value: string): Map<string, PodVersion> {
  let bucket = index.get(value);
  if (!bucket) {
    bucket = new Map();
    index.set(value, bucket);
  }
  return bucket;
}

/**
 * True when a change of a node may change where daemons run. Source: pkg/controller/daemon/daemon_controller.go,
 * shouldIgnoreNodeUpdate.
 */
export function affectsPlacement(before: NodeVersion | undefined, after: NodeVersion | undefined): boolean {
  if (!before || !after) return true;
  return (
    before.record.desired !== after.record.desired ||
    before.record.metadata !== after.record.metadata ||
    isShuttingDown(before.object) !== isShuttingDown(after.object)
  );
}
