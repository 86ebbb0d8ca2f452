import { type PodOnNode, podReferences, type ReferencedResource } from './pod-references.js';

/** The pods that are bound to a node. */
export type PodsOf = (node: string) => Iterable<PodOnNode>;

const keyOf = (resource: ReferencedResource, namespace: string, name: string): string =>
  `${resource}/${namespace}/${name}`;

/**
 * What the pods of nodes refer to. The references of a node are collected when the node asks for the first time, and
 * again after a change of its pods: nodes that never ask cost nothing.
 */
export class NodeReferences {
  readonly #podsOf: PodsOf;
  readonly #byNode = new Map<string, ReadonlySet<string>>();

  constructor(podsOf: PodsOf) {
    this.#podsOf = podsOf;
  }

  /** To be called when a pod of the node was added, removed or changed in its spec. */
  forget(node: string): void {
    this.#byNode.delete(node);
  }

  has(node: string, resource: ReferencedResource, namespace: string, name: string): boolean {
    let references = this.#byNode.get(node);
    if (!references) {
      references = this.#collect(node);
      this.#byNode.set(node, references);
    }
    return references.has(keyOf(resource, namespace, name));
  }

  #collect(node: string): Set<string> {
    const keys = new Set<string>();
    for (const pod of this.#podsOf(node)) {
      for (const { resource, name } of podReferences(pod)) keys.add(keyOf(resource, pod.namespace, name));
    }
    return keys;
  }
}
