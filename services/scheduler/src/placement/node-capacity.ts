import { allocatableOf, isPodTerminal, type RoomDemands, roomFaults } from '@everynode/daemonset';
import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Pod, PodSpec } from 'kubernetes-types/core/v1.js';

/** Room that a pod is to have and that the caches do not show yet. */
interface Promised {
  /** `taken` is being written now; `nominated` is kept free until others have left, but not from pods of higher priority. */
  kind: 'taken' | 'nominated';
  spec: PodSpec;
}

/**
 * Room on nodes, for all controllers of this replica that put pods there: what the caches show, and what was promised since.
 * Promises are kept by the pod's uid, and withdrawn by who made them.
 */
export class NodeRoom {
  readonly #pods: ObjectCache;
  readonly #nodes: ObjectCache;
  readonly #promised = new Map<string, Map<string, Promised>>();
  readonly #nodeOf = new Map<string, string>();

  constructor(pods: ObjectCache, nodes: ObjectCache) {
    this.#pods = pods;
    this.#nodes = nodes;
  }

  /** Pods on the node that have not ended. */
  podsOn(node: string): Pod[] {
    const pods: Pod[] = [];
    for (const { object } of this.#pods.find('byNode', node))
      if (!isPodTerminal(object as Pod)) pods.push(object as Pod);
    return pods;
  }

  /** What a pod of this priority must leave to others there that the caches do not show yet. `except`: its own uid. */
  promisedOn(node: string, priority: number, except?: string): Pick<Pod, 'spec'>[] {
    const promised = this.#promised.get(node);
    if (!promised) return [];
    const shown = new Set<string>();
    for (const { record } of this.#pods.find('byNode', node)) shown.add(record.uid);
    return [...promised].flatMap(([uid, { kind, spec }]) => {
      const counts = kind === 'taken' || (spec.priority ?? 0) >= priority;
      return counts && uid !== except && !shown.has(uid) ? [{ spec }] : [];
    });
  }

  /** Takes room for a pod, if there is some. `demands` are those of its spec. */
  take(name: string, uid: string, spec: PodSpec, demands: RoomDemands): boolean {
    const node = this.#nodes.get('', name)?.object as Node | undefined;
    if (!node) return false;
    if (!this.#takesAnother(node, name, demands)) {
      const pods = [...this.podsOn(name), ...this.promisedOn(name, spec.priority ?? 0)];
      if (roomFaults(demands, { node, pods }).length > 0) return false;
    }
    this.promise('taken', uid, name, spec);
    return true;
  }

  /** Is the number of pods all there is to count, and far from its limit? Then no pod has to be looked at. */
  #takesAnother(node: Node, name: string, { requests, ports }: RoomDemands): boolean {
    if (ports.length > 0) return false;
    for (const amount of requests.values()) if (amount > 0) return false;
    const limit = allocatableOf(node).get('pods');
    if (limit === undefined) return true;
    let count = 1 + (this.#promised.get(name)?.size ?? 0);
    for (const _pod of this.#pods.find('byNode', name)) count += 1;
    return count <= limit;
  }

  /** Keeps room for a pod, whether there is some or not. */
  promise(kind: Promised['kind'], uid: string, node: string, spec: PodSpec): void {
    if (this.#nodeOf.get(uid) !== node) this.withdraw(uid);
    let promised = this.#promised.get(node);
    if (!promised) {
      promised = new Map();
      this.#promised.set(node, promised);
    }
    promised.set(uid, { kind, spec });
    this.#nodeOf.set(uid, node);
  }

  /** The caches show the pod, or it is not to be. */
  withdraw(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const promised = this.#promised.get(node);
    promised?.delete(uid);
    if (promised?.size === 0) this.#promised.delete(node);
  }
}
