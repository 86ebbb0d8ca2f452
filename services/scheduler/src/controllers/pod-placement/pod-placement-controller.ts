import { isPodTerminal, NO_MATCH, type NodeLoad, targetNodeOf } from '@everynode/daemonset';
import type { CachedObject, ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import {
  keyOf,
  type Node,
  type Pod,
  type PodDisruptionBudget,
  type PodSpec,
  type PodStatus,
  timestamp,
} from '@everynode/objects';
import type { Fence, WriteRequest } from '@everynode/store';
import { type Choice, chooseNode, unavailableMessage } from '../../placement/choose-node.js';
import { chooseVictims, type OccupiedNode, type Preemption } from '../../placement/choose-victims.js';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import { decideBinding, decideNomination, decidePreemption } from './decide-placement.js';

const COMPONENT = 'default-scheduler';
/** When something has changed that may make room: gathers what changes together, in ms. */
const RETRY_AFTER_MS = 100;

/**
 * Finds a node for each pod that comes without one: pods of users, and daemon pods that did not fit on their node when they
 * were created. One replica does it, one pod at a time, and waits for its own writes: two pods never get the same room. A pod
 * that fits nowhere says so in its condition and an event, takes the room of pods of lower priority where that helps, and is
 * tried again when a node changes or a pod leaves one.
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
        this.#followNomination(type, current);
        // Asked last: it reads the whole pod, and most of the time nobody waits.
        if (this.#unschedulable.size > 0 && placement !== null) {
          mayMakeRoom ||= type === 'DELETED' || hasEnded(current);
        }
      }
    }
    if (mayMakeRoom) for (const key of this.#unschedulable) this.#queue.addAfter(key, RETRY_AFTER_MS);
  }

  /** Room that a pod made by preemption stays its own until it has it, whichever replica it was that made it. */
  #followNomination(type: ObjectChange['type'], pod: CachedObject): void {
    if (pod.record.placement !== null) return;
    const { capacity } = this.#context;
    const nominated = type === 'DELETED' ? undefined : (pod.status as PodStatus | undefined)?.nominatedNodeName;
    if (nominated) capacity.nominate(nominated, pod.record.uid, pod.object.spec as PodSpec);
    else if (type === 'DELETED') capacity.release(pod.record.uid);
  }

  async #place(key: string, fence: Fence): Promise<ReconcileResult> {
    const pod = this.#find(key);
    if (!pod) return undefined;
    const choice = this.#choose(pod);
    if ('node' in choice) await this.#bind(pod, choice.node, fence);
    else await this.#holdBack(pod, choice, fence);
    return undefined;
  }

  /** A pod that is pinned to one node is asked of that node alone, however many there are. */
  #choose(pod: CachedObject): Choice & { target?: string } {
    const spec = pod.object.spec as PodSpec;
    const target = targetNodeOf(pod.object as Pod);
    if (target === undefined) return chooseNode(spec, withClaimed(this.#loads(pod)));
    const choice = chooseNode(spec, withClaimed(this.#loads(pod, target)));
    if ('node' in choice) return choice;
    const reasons = new Map(choice.reasons);
    const others = this.#nodes.size - choice.nodes;
    if (others > 0) reasons.set(NO_MATCH, (reasons.get(NO_MATCH) ?? 0) + others);
    return { reasons, nodes: this.#nodes.size, target };
  }

  async #bind(pod: CachedObject, node: string, fence: Fence): Promise<void> {
    const { uid, namespace, name } = pod.record;
    const { capacity } = this.#context;
    capacity.reserve(node, uid, pod.object.spec as PodSpec);
    try {
      const now = timestamp(Date.now());
      const outcome = await this.#write(pod, fence, (current) => decideBinding(current, uid, node, now));
      this.#unschedulable.delete(keyOf(pod.record));
      if (outcome !== 'kept') {
        this.#record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
      }
    } finally {
      capacity.release(uid);
    }
  }

  async #holdBack(pod: CachedObject, choice: Unplaced, fence: Fence): Promise<void> {
    const { uid } = pod.record;
    this.#unschedulable.add(keyOf(pod.record));
    const message = messageOf(choice);
    const preemption = this.#victimsFor(pod, choice.target);
    const nominated = preemption?.node;
    if (nominated !== undefined) this.#context.capacity.nominate(nominated, uid, pod.object.spec as PodSpec);
    const now = timestamp(Date.now());
    const outcome = await this.#write(pod, fence, (current) => decideNomination(current, uid, message, nominated, now));
    if (outcome !== 'kept') this.#record(pod, 'Warning', 'FailedScheduling', message);
    if (preemption) await this.#preempt(pod, preemption, fence);
  }

  /** None while victims of an earlier round are still on their way out. Source: preemption, PodEligibleToPreemptOthers. */
  #victimsFor(pod: CachedObject, target: string | undefined): Preemption | undefined {
    const spec = pod.object.spec as PodSpec;
    const { nominatedNodeName } = (pod.object as Pod).status ?? {};
    const priority = spec.priority ?? 0;
    const leaving = ({ metadata, spec: theirs }: Pod): boolean =>
      metadata?.deletionTimestamp !== undefined && (theirs?.priority ?? 0) < priority;
    if (nominatedNodeName && this.#context.capacity.podsOn(nominatedNodeName).some(leaving)) return undefined;
    const budgets = [...this.#context.reflector.cache('poddisruptionbudgets.policy').list()].map(
      ({ object }) => object as unknown as PodDisruptionBudget,
    );
    return chooseVictims(spec, this.#loads(pod, target), budgets);
  }

  async #preempt(pod: CachedObject, { node, victims }: Preemption, fence: Fence): Promise<void> {
    for (const victim of victims) {
      const { namespace = '', name = '', uid = '' } = victim.metadata ?? {};
      const cached = this.#pods.get(namespace, name);
      if (!cached) continue;
      const outcome = await this.#write(cached, fence, (current) => decidePreemption(current, uid, Date.now()));
      if (outcome !== 'kept') {
        this.#record(cached, 'Normal', 'Preempted', `Preempted by pod ${pod.record.uid} on node ${node}`);
      }
    }
  }

  #find(key: string): CachedObject | undefined {
    const pod = this.#pods.getByKey(key);
    return pod && isOurs(pod) ? pod : undefined;
  }

  /** Nodes as they are for this pod: all, or the one it is pinned to. */
  *#loads(pod: CachedObject, target?: string): Iterable<OccupiedNode> {
    const { capacity } = this.#context;
    const priority = (pod.object.spec as PodSpec).priority ?? 0;
    const pinned = target === undefined ? undefined : this.#nodes.get('', target);
    const nodes = target === undefined ? this.#nodes.list() : pinned ? [pinned] : [];
    for (const { record, object } of nodes) {
      const pods = capacity.podsOn(record.name);
      const claimed = capacity.claimedOn(record.name, priority, pod.record.uid);
      yield { node: object as Node, pods, claimed };
    }
  }

  async #write(pod: CachedObject, fence: Fence, decide: WriteRequest<'all'>['decide']) {
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

type Unplaced = Extract<Choice, { nodes: number }> & { target?: string };

/** Upstream's line; for a pod that is pinned to a node, what that node lacks by its name. */
function messageOf(choice: Unplaced): string {
  const line = unavailableMessage(choice);
  const { target, reasons } = choice;
  if (target === undefined) return line;
  const own = [...reasons.keys()].filter((reason) => reason !== NO_MATCH);
  return own.length > 0 ? `${line} Node ${target}: ${own.join(', ')}.` : line;
}

function* withClaimed(nodes: Iterable<OccupiedNode>): Iterable<NodeLoad> {
  for (const { node, pods, claimed } of nodes) yield { node, pods: claimed.length > 0 ? [...pods, ...claimed] : pods };
}

const hasEnded = ({ object }: CachedObject): boolean => isPodTerminal(object as Pod);

/** Without a node, not about to go, not held back by gates, and not another scheduler's. */
function isOurs(pod: CachedObject): boolean {
  if (pod.record.placement !== null || pod.metadata.deletionTimestamp !== undefined || hasEnded(pod)) return false;
  const spec = pod.object.spec as PodSpec & { schedulingGates?: unknown[] };
  return (spec.schedulerName ?? COMPONENT) === COMPONENT && !spec.schedulingGates?.length;
}
