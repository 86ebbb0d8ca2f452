import { isPodTerminal } from '@everynode/daemonset';
import type { CachedObject, ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import { keyOf, timestamp } from '@everynode/objects';
import type { Fence, WriteRequest } from '@everynode/store';
import type { Node, Pod, PodSpec } from 'kubernetes-types/core/v1.js';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp, ShardedQueue } from '../sharded-queue.js';
import { chooseNode, type NodeLoad, unavailableMessage } from './choose-node.js';
import { decideBinding, decideUnschedulable } from './decide-placement.js';

const COMPONENT = 'default-scheduler';
/** When something has changed that may make room: gathers what changes together, in ms. */
const RETRY_AFTER_MS = 100;

/**
 * Finds a node for each pod that comes without one (daemon pods are created on theirs). One replica does it, one pod at a
 * time, and waits for its own writes: two pods never get the same room. A pod that fits nowhere says so in its condition
 * and an event, and is tried again when a node changes or a pod leaves one.
 */
export class PodPlacementController implements Controller {
  readonly name = 'pod-placement';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #pods: ObjectCache;
  readonly #nodes: ObjectCache;
  /** Keys of pods that fit nowhere. */
  readonly #unschedulable = new Set<string>();

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#pods = context.reflector.cache('pods');
    this.#nodes = context.reflector.cache('nodes');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: 1,
      reconcile: (key, fence) => this.#place(key, fence),
      keys: () => this.#unplaced(),
      shardKeyOf: () => this.name,
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  *#unplaced(): Iterable<string> {
    for (const pod of this.#pods.list()) if (isOurs(pod)) yield keyOf(pod.record);
  }

  #onChanges(changes: ObjectChange[]): void {
    let mayMakeRoom = false;
    for (const { type, previous, current } of changes) {
      const { resource, placement } = current.record;
      if (resource === 'nodes') {
        mayMakeRoom ||= type !== 'DELETED';
      } else if (resource === 'pods') {
        const key = keyOf(current.record);
        if (type !== 'DELETED' && isOurs(current)) {
          // Our own word that it does not fit is no reason to try again.
          const isNew = previous?.record.uid !== current.record.uid;
          if (isNew || previous?.record.desired !== current.record.desired) this.#queue.add(key);
        } else this.#unschedulable.delete(key);
        // Asked last: it reads the whole pod, and most of the time nobody waits.
        if (this.#unschedulable.size > 0 && placement !== null) {
          mayMakeRoom ||= type === 'DELETED' || hasEnded(current);
        }
      }
    }
    if (mayMakeRoom) for (const key of this.#unschedulable) this.#queue.addAfter(key, RETRY_AFTER_MS);
  }

  async #place(key: string, fence: Fence): Promise<ReconcileResult> {
    const at = key.indexOf('/');
    const pod = this.#find(key.slice(0, at), key.slice(at + 1));
    if (!pod) return undefined;
    const { uid } = pod.record;
    const choice = chooseNode(pod.object.spec as PodSpec, this.#loads());
    const now = timestamp(Date.now());
    if ('node' in choice) {
      const outcome = await this.#write(pod, fence, (current) => decideBinding(current, uid, choice.node, now));
      this.#unschedulable.delete(key);
      const { namespace, name } = pod.record;
      if (outcome !== 'kept') {
        this.#record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${choice.node}`);
      }
      return undefined;
    }
    this.#unschedulable.add(key);
    const message = unavailableMessage(choice);
    const outcome = await this.#write(pod, fence, (current) => decideUnschedulable(current, uid, message, now));
    if (outcome !== 'kept') this.#record(pod, 'Warning', 'FailedScheduling', message);
    return undefined;
  }

  #find(namespace: string, name: string): CachedObject | undefined {
    const pod = this.#pods.get(namespace, name);
    return pod && isOurs(pod) ? pod : undefined;
  }

  *#loads(): Iterable<NodeLoad> {
    for (const { record, object } of this.#nodes.list()) {
      const pods: Pod[] = [];
      for (const pod of this.#pods.find('byNode', record.name)) if (!hasEnded(pod)) pods.push(pod.object as Pod);
      yield { node: object as Node, pods };
    }
  }

  async #write(pod: CachedObject, fence: Fence, decide: WriteRequest['decide']) {
    const { store } = this.#context;
    const { resource, namespace, name } = pod.record;
    const result = await store.write({ key: { resource, namespace, name }, reads: 'all', fence, decide });
    if (result.outcome !== 'kept') await caughtUp(this.#context, result.revision);
    return result.outcome;
  }

  #record(pod: CachedObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace, name, uid } = pod.record;
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
    this.#context.recorder.record({ subject, type, reason, message, component: COMPONENT });
  }
}

const hasEnded = ({ object }: CachedObject): boolean => isPodTerminal(object as Pod);

/** Without a node, not about to go, not held back by gates, and not another scheduler's. */
function isOurs(pod: CachedObject): boolean {
  if (pod.record.placement !== null || pod.metadata.deletionTimestamp !== undefined || hasEnded(pod)) return false;
  const spec = pod.object.spec as PodSpec & { schedulingGates?: unknown[] };
  return (spec.schedulerName ?? COMPONENT) === COMPONENT && !spec.schedulingGates?.length;
}
