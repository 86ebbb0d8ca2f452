import type { ObjectCache, ReconcileResult } from '@everynode/list-watch';
import { keyOf, type Pod, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { ShardedQueue } from '../sharded-queue.js';
import { findNode } from './find-node.js';
import { ChangeHandler } from './on-changes.js';
import { bindPod, holdBack } from './place-pod.js';
import { isPlaceable } from './unplaced-pod.js';

/** Pods that fit nowhere are tried again this long after a change that may free capacity, in ms: it gathers changes. */
const RETRY_AFTER_MS = 100;

/**
 * Finds a node for each pod that comes without one: pods of users, and daemon pods that did not fit on their node when
 * they were created. One replica does it, one pod at a time, and waits for its own writes: two pods never get the same
 * capacity. A pod that fits nowhere shows that in its condition and an event, preempts pods of lower priority where
 * that helps, and is tried again when a node changes or a pod leaves one.
 */
export class PodPlacementController implements Controller {
  readonly name = 'pod-placement';
  readonly #context: SchedulerContext;
  readonly #pods: ObjectCache<Stored<Pod>>;
  readonly #queue: ShardedQueue;
  /** Keys of pods that fit nowhere. */
  readonly #unschedulable = new Set<string>();
  /** Of those, the ones that wait for more than room: for other pods, or for claims. */
  readonly #dependent = new Set<string>();

  constructor(context: SchedulerContext) {
    const { reflector, capacity } = context;
    this.#context = context;
    this.#pods = reflector.cache('pods');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: 1,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => this.#placeable(),
      shardKeyOf: () => this.name,
    });
    const handler = new ChangeHandler({
      unschedulable: this.#unschedulable,
      capacity,
      enqueue: (key) => this.#queue.add(key),
      retryUnschedulable: () => this.#retry(this.#unschedulable),
      retryDependent: () => this.#retry(this.#dependent),
    });
    reflector.addListener({ onChanges: (changes) => handler.handle(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #retry(keys: ReadonlySet<string>): void {
    for (const key of keys) this.#queue.addAfter(key, RETRY_AFTER_MS);
  }

  *#placeable(): Iterable<string> {
    for (const pod of this.#pods.list()) if (isPlaceable(pod)) yield keyOf(pod.record);
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const pod = this.#pods.getByKey(key);
    this.#dependent.delete(key);
    if (!pod || !isPlaceable(pod)) return undefined;
    const found = findNode(this.#context, pod);
    if ('node' in found) {
      await bindPod(this.#context, pod, found.node, fence);
      this.#unschedulable.delete(key);
    } else {
      this.#unschedulable.add(key);
      if (found.hold !== undefined || found.peers) this.#dependent.add(key);
      await holdBack(this.#context, pod, found, fence);
    }
    return undefined;
  }
}
