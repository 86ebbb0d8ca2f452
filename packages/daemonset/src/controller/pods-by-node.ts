import type { CachedPod } from './cached-version.js';

/** The pods of one DaemonSet, by the node that each is bound or pinned to. A change of a pod costs O(1). */
export class PodsByNode {
  readonly #nodes = new Map<string, Map<string, CachedPod>>();
  readonly #nodeOf = new Map<string, string>();

  /** Puts a pod in place, or moves it. Returns the nodes whose pods changed. */
  put(node: string, pod: CachedPod): string[] {
    const { uid } = pod.record;
    const before = this.#nodeOf.get(uid);
    if (before !== undefined && before !== node) this.remove(uid);
    let pods = this.#nodes.get(node);
    if (!pods) {
      pods = new Map();
      this.#nodes.set(node, pods);
    }
    pods.set(uid, pod);
    this.#nodeOf.set(uid, node);
    return before === undefined || before === node ? [node] : [before, node];
  }

  /** Removes a pod. Returns the nodes whose pods changed. */
  remove(uid: string): string[] {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return [];
    this.#nodeOf.delete(uid);
    const pods = this.#nodes.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#nodes.delete(node);
    return [node];
  }

  on(node: string): CachedPod[] {
    return [...(this.#nodes.get(node)?.values() ?? [])];
  }

  /** Names of nodes that have pods, whether or not there is a Node object. */
  nodes(): Iterable<string> {
    return this.#nodes.keys();
  }

  *all(): Iterable<CachedPod> {
    for (const pods of this.#nodes.values()) yield* pods.values();
  }
}
