import type { CachedObject, ObjectCache, ObjectChange } from '@everynode/list-watch';
import type { Pod, Stored } from '@everynode/objects';
import type { OwnerGraph } from './owner-graph.js';
import { isDeletingDependents } from './owner-references.js';

/** What the handler needs: the graph as it is after the changes, and the queue. */
interface ChangeHandlerOptions {
  graph: OwnerGraph;
  pods: ObjectCache<Stored<Pod>>;
  enqueue: (object: CachedObject) => void;
}

/** Maps changes in the caches to objects that may have to be collected, or whose owners or dependents may. */
export class ChangeHandler {
  readonly #graph: OwnerGraph;
  readonly #pods: ObjectCache<Stored<Pod>>;
  readonly #enqueue: (object: CachedObject) => void;

  constructor({ graph, pods, enqueue }: ChangeHandlerOptions) {
    this.#graph = graph;
    this.#pods = pods;
    this.#enqueue = enqueue;
  }

  handle(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (change.type === 'DELETED') this.#onDeleted(change.current);
      else this.#onStored(change);
    }
  }

  #onDeleted(object: CachedObject): void {
    const { resource, name, uid } = object.record;
    this.#enqueueDependentsOf(uid);
    this.#enqueueWaitingOwners(object);
    if (resource === 'nodes') for (const pod of this.#pods.find('byNode', name)) this.#examine(pod);
  }

  #onStored({ previous, current }: ObjectChange): void {
    const { uid, metadata, placement } = current.record;
    // Deleted and made anew between two lists, which show only the difference.
    if (previous && previous.record.uid !== uid) this.#enqueueDependentsOf(previous.record.uid);
    if (previous?.record.metadata === metadata && previous.record.placement === placement) return;
    // Caches stand at the end of the batch, so this may be an older version of the object than they have.
    this.#examine(current);
    if (previous) this.#enqueueWaitingOwners(previous);
    const wasForeground = previous !== undefined && isDeletingDependents(previous.metadata);
    if (isDeletingDependents(current.metadata) && !wasForeground) this.#enqueueDependentsOf(uid);
  }

  #examine(object: CachedObject): void {
    if (this.#graph.needsWork(object)) this.#enqueue(object);
  }

  #enqueueDependentsOf(uid: string): void {
    for (const dependent of this.#graph.dependentsOf(uid)) this.#enqueue(dependent);
  }

  /** An owner in foreground deletion may be done when a dependent changes or goes. */
  #enqueueWaitingOwners(dependent: CachedObject): void {
    for (const reference of dependent.metadata.ownerReferences ?? []) {
      const owner = this.#graph.ownerOf(dependent, reference);
      if (owner && isDeletingDependents(owner.metadata)) this.#enqueue(owner);
    }
  }
}
