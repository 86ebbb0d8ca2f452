import { allocatableOf, type RoomDemands, roomFaults } from '@everynode/daemonset';
import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Pod, PodSpec, Stored } from '@everynode/objects';
import { isPodTerminal } from '@everynode/workloads';

/** The capacity that one pod holds although the caches do not show it on the node yet. */
interface Claim {
  /**
   * `reserved`: the write that binds the pod is under way. `nominated`: the pod waits until its victims have left; a
   * pod of higher priority does not have to respect that.
   */
  kind: 'reserved' | 'nominated';
  spec: PodSpec;
}

/**
 * The free capacity of nodes, shared by all controllers of this replica that put pods on nodes. It is what the caches
 * show, less what was reserved or nominated since. Claims are kept by the uid of their pod; the caller that made a
 * claim releases it. The words are those of kube-scheduler (Reserve plugins, nominatedNodeName).
 */
export class NodeCapacity {
  readonly #pods: ObjectCache<Stored<Pod>>;
  readonly #nodes: ObjectCache<Stored<Node>>;
  readonly #claims = new Map<string, Map<string, Claim>>();
  readonly #nodeOf = new Map<string, string>();

  constructor(pods: ObjectCache<Stored<Pod>>, nodes: ObjectCache<Stored<Node>>) {
    this.#pods = pods;
    this.#nodes = nodes;
  }

  /** Returns the pods that are bound to the node and have not ended. */
  podsOn(node: string): Stored<Pod>[] {
    const pods: Stored<Pod>[] = [];
    for (const { object } of this.#pods.find('byNode', node)) if (!isPodTerminal(object)) pods.push(object);
    return pods;
  }

  /**
   * Returns the pods that hold capacity of the node, are not shown by the caches, and count for a pod of this priority.
   * `exceptUid` is the uid of that pod: its own claim does not stand in its way.
   */
  claimedOn(node: string, priority: number, exceptUid?: string): Pick<Pod, 'spec'>[] {
    const claims = this.#claims.get(node);
    if (!claims) return [];
    const shown = new Set<string>();
    for (const { record } of this.#pods.find('byNode', node)) shown.add(record.uid);
    return [...claims].flatMap(([uid, { kind, spec }]) => {
      const counts = kind === 'reserved' || (spec.priority ?? 0) >= priority;
      return counts && uid !== exceptUid && !shown.has(uid) ? [{ spec }] : [];
    });
  }

  /** Reserves capacity for a pod if the node exists and has enough. `demands` are those of `spec`. */
  reserveIfFits(name: string, uid: string, spec: PodSpec, demands: RoomDemands): boolean {
    const node = this.#nodes.get('', name)?.object;
    if (!node) return false;
    if (!this.#fitsByPodCount(node, name, demands)) {
      const pods = [...this.podsOn(name), ...this.claimedOn(name, spec.priority ?? 0)];
      if (roomFaults(demands, { node, pods }).length > 0) return false;
    }
    this.reserve(name, uid, spec);
    return true;
  }

  /** Reserves capacity for a pod whose fit the caller has checked. */
  reserve(node: string, uid: string, spec: PodSpec): void {
    this.#put(node, uid, { kind: 'reserved', spec });
  }

  /** Keeps capacity for a pod until its victims have left the node. */
  nominate(node: string, uid: string, spec: PodSpec): void {
    this.#put(node, uid, { kind: 'nominated', spec });
  }

  /** Ends the claim of a pod: the caches show the pod now, or it will not be bound. */
  release(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const claims = this.#claims.get(node);
    claims?.delete(uid);
    if (claims?.size === 0) this.#claims.delete(node);
  }

  #put(node: string, uid: string, claim: Claim): void {
    if (this.#nodeOf.get(uid) !== node) this.release(uid);
    let claims = this.#claims.get(node);
    if (!claims) {
      claims = new Map();
      this.#claims.set(node, claims);
    }
    claims.set(uid, claim);
    this.#nodeOf.set(uid, node);
  }

  /**
   * True when the pod needs only a place among the node's pods, and one is free: no other pod's spec has to be read.
   */
  #fitsByPodCount(node: Node, name: string, { requests, ports }: RoomDemands): boolean {
    if (ports.length > 0) return false;
    for (const amount of requests.values()) if (amount > 0) return false;
    const limit = allocatableOf(node).get('pods');
    if (limit === undefined) return true;
    let count = 1 + (this.#claims.get(name)?.size ?? 0);
    for (const _pod of this.#pods.find('byNode', name)) count += 1;
    return count <= limit;
  }
}
