import type { CachedObject, ObjectChange } from '@everynode/list-watch';

/** The pods of one DaemonSet, by the node each is on or pinned to. Kept up with O(1) work for each change of a pod. */
export class PodsByNode {
  readonly #nodes = new Map<string, Map<string, CachedObject>>();
  readonly #nodeOf = new Map<string, string>();

  /** Puts a pod in place, or moves it. Gives the nodes whose pods changed. */
  put(node: string, pod: CachedObject): string[] {
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

  remove(uid: string): string[] {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return [];
    this.#nodeOf.delete(uid);
    const pods = this.#nodes.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#nodes.delete(node);
    return [node];
  }

  on(node: string): CachedObject[] {
    return [...(this.#nodes.get(node)?.values() ?? [])];
  }

  /** Nodes that have pods, whether or not there is such a node. */
  nodes(): Iterable<string> {
    return this.#nodes.keys();
  }

  *all(): Iterable<CachedObject> {
    for (const pods of this.#nodes.values()) yield* pods.values();
  }
}

/** Does a change of a node bear on where daemons run? Conditions and capacity do not. */
export function bearsOnPlacement({ type, previous, current }: ObjectChange): boolean {
  if (type !== 'MODIFIED' || !previous) return true;
  return (
    previous.record.uid !== current.record.uid ||
    previous.record.desired !== current.record.desired ||
    JSON.stringify(previous.metadata.labels ?? {}) !== JSON.stringify(current.metadata.labels ?? {})
  );
}
