import { isChangeOf, type ObjectChange } from '@everynode/list-watch';
import { keyOf, type Pod, type Stored } from '@everynode/objects';
import type { NodeCapacity } from '../../placement/node-capacity.js';
import { type CachedPod, hasEnded, isPlaceable, specOf } from './unplaced-pod.js';

/** What the handler needs: the pods that wait, the capacity that nominations hold, and the queue. */
interface ChangeHandlerOptions {
  /** Keys of pods that fit nowhere. */
  unschedulable: Set<string>;
  capacity: NodeCapacity;
  enqueue: (key: string) => void;
  /** Queues every pod that fits nowhere. */
  retryUnschedulable: () => void;
  /** Queues those that wait for other pods, or for claims. */
  retryDependent: () => void;
}

/** Maps changes in the caches to pods that have to be placed, and follows the nominations of pods. */
export class ChangeHandler {
  readonly #options: ChangeHandlerOptions;

  constructor(options: ChangeHandlerOptions) {
    this.#options = options;
  }

  handle(changes: readonly ObjectChange[]): void {
    let mayFreeCapacity = false;
    let mayAttract = false;
    for (const change of changes) {
      if (isChangeOf(change, 'nodes')) mayFreeCapacity ||= change.type !== 'DELETED';
      else if (isChangeOf(change, 'pods')) {
        if (this.#onPod(change)) mayFreeCapacity = true;
        if (isNewPeer(change)) mayAttract = true;
      } else if (isChangeOf(change, 'persistentvolumeclaims') || isChangeOf(change, 'namespaces')) mayAttract = true;
    }
    if (mayFreeCapacity) this.#options.retryUnschedulable();
    else if (mayAttract) this.#options.retryDependent();
  }

  /** Returns true when the change may free capacity of a node. */
  #onPod({ type, previous, current }: ObjectChange<Stored<Pod>>): boolean {
    const { unschedulable, enqueue } = this.#options;
    const key = keyOf(current.record);
    if (type !== 'DELETED' && isPlaceable(current)) {
      // The condition that this controller writes on a pod that fits nowhere is no reason to try it again.
      const isNew = previous?.record.uid !== current.record.uid;
      if (isNew || previous?.record.desired !== current.record.desired) enqueue(key);
    } else unschedulable.delete(key);
    this.#followNomination(type, current);
    // Asked last: it reads the whole pod, and most of the time no pod waits.
    return unschedulable.size > 0 && current.record.placement !== null && (type === 'DELETED' || hasEnded(current));
  }

  /** Capacity that preemption has freed for a pod stays its own until it is bound, whichever replica preempted. */
  #followNomination(type: ObjectChange['type'], pod: CachedPod): void {
    if (pod.record.placement !== null) return;
    const { capacity } = this.#options;
    const { uid } = pod.record;
    if (type === 'DELETED') {
      capacity.release(uid);
      return;
    }
    const nominated = pod.status?.nominatedNodeName;
    if (nominated) capacity.nominate(nominated, uid, specOf(pod));
  }
}

/** True when a pod is on a node that was not there before, or has other labels than before. */
function isNewPeer({ type, previous, current }: ObjectChange<Stored<Pod>>): boolean {
  if (current.record.placement === null || type === 'DELETED') return false;
  return (
    previous?.record.placement !== current.record.placement || previous.record.metadata !== current.record.metadata
  );
}
