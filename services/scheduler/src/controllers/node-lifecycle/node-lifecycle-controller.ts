import { agentOfSubject, ContractError, parseEvent, streams, subjects } from '@everynode/contract';
import type { CachedObject, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import {
  conditionOf,
  NODE_LEASE_NAMESPACE,
  type NodeSpec,
  type NodeStatus,
  type PodSpec,
  type PodStatus,
} from '@everynode/objects';
import type { Fence, WriteResult } from '@everynode/store';
import type { EventSubject } from '../../events/event-recorder.js';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import { decideNode, judgeNode, type NodeVerdict } from './decide-node.js';
import { type ActiveTaint, decideEviction, evictionTime } from './eviction.js';
import { Liveness } from './liveness.js';
import { isSignOfLife } from './node-conditions.js';
import { decidePodReadiness, withNodeReadiness } from './pod-readiness.js';

export interface NodeLifecycleOptions {
  /** A node that is silent for this long is unreachable. */
  graceSeconds: number;
}

const NODE_COMPONENT = 'node-controller';
const EVICTION_COMPONENT = 'taint-eviction-controller';
const LEASES = 'leases.coordination.k8s.io';
/** Nodes that are worked on at once; a pass mostly waits for commits, and a lost agent may have thousands of nodes. */
const WORKERS = 256;
const TICK_MS = 1000;
/** A tick that is this late means that the process was stopped, and what it should have heard may be lost. */
const STALL_MS = 5000;

/**
 * Follows heartbeats, and keeps conditions, taints and the readiness and eviction of pods in step with them.
 *
 * Every replica hears every heartbeat, so that each knows enough to judge from the moment it takes a shard; only the
 * holder of a node's shard acts.
 */
export class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #liveness: Liveness;
  /** Nodes that are not ready or that drive pods off: a pod that appears there has to be looked at. */
  readonly #troubled = new Set<string>();
  /** When a NoExecute taint without timeAdded was first seen: node → taint → ms. `kubectl taint` does not set it. */
  readonly #taintSeen = new Map<string, Map<string, number>>();
  readonly #following: Promise<void>;
  #lastTick = performance.now();

  constructor(context: SchedulerContext, options: NodeLifecycleOptions) {
    this.#context = context;
    this.#liveness = new Liveness(options.graceSeconds * 1000, performance.now());
    const nodes = context.reflector.cache('nodes');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (name, fence) => this.#reconcile(name, fence),
      keys: function* () {
        for (const { record } of nodes.list()) yield record.name;
      },
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
    this.#following = this.#follow();
  }

  /** Listens to heartbeats and judges by them. Resolves when the signal aborts. */
  async #follow(): Promise<void> {
    const { bus, signal } = this.#context;
    const timer = setInterval(() => this.#tick(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    // Only new ones: a heartbeat out of store may be two minutes old and would bring a lost node back for no reason.
    await bus.follow(streams.heartbeats.name, subjects.allHeartbeats, {
      onReset: () => this.#liveness.startListening(performance.now()),
      onMessage: ({ subject, body }) => this.#onHeartbeat(subject, body),
    });
  }

  /** Call it when the signal has aborted. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#following;
  }

  #tick(): void {
    const now = performance.now();
    if (!this.#context.bus.connected || now - this.#lastTick > STALL_MS) this.#liveness.startListening(now);
    this.#lastTick = now;
    for (const node of this.#liveness.judge(now)) this.#queue.add(node);
  }

  #onHeartbeat(subject: string, body: string): void {
    const agent = agentOfSubject(subject);
    if (agent === undefined) return;
    try {
      const { nodes } = parseEvent('node-heartbeat', body);
      const cache = this.#context.reflector.cache('nodes');
      for (const name of nodes) {
        // An agent that speaks for a node of another is not heard. One that has just registered is, the next time.
        if (cache.get('', name)?.record.placement === agent) this.#hear(name);
      }
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      this.#context.log.warn({ err: error, subject }, 'a heartbeat was refused');
    }
  }

  #hear(name: string): void {
    if (this.#liveness.hear(name, performance.now()) && this.#troubled.has(name)) this.#queue.add(name);
  }

  #onChanges(changes: ObjectChange[]): void {
    for (const change of changes) {
      const { resource, namespace, name, placement } = change.current.record;
      if (resource === 'nodes') this.#onNode(change);
      else if (resource === 'pods') {
        if (change.type !== 'DELETED' && placement !== null && this.#troubled.has(placement))
          this.#queue.add(placement);
      } else if (resource === LEASES && namespace === NODE_LEASE_NAMESPACE && change.type === 'MODIFIED') {
        // A kubelet that talks to the api instead of the bus renews its lease there.
        const node = this.#context.reflector.cache('nodes').get('', name);
        if (node?.record.placement === null && change.previous?.record.desired !== change.current.record.desired) {
          this.#hear(name);
        }
      }
    }
  }

  #onNode({ type, previous, current }: ObjectChange): void {
    const { name, placement, uid } = current.record;
    if (type === 'DELETED') {
      this.#liveness.forget(name);
      this.#troubled.delete(name);
      this.#taintSeen.delete(name);
      return;
    }
    const now = performance.now();
    const before = previous?.record.uid === uid ? previous : undefined;
    if (!before) {
      // Another node of the same name has to be heard on its own account.
      this.#liveness.forget(name);
      this.#liveness.track(name, now);
    } else if (before.record.placement !== placement || isSignOfLife(statusOf(before), statusOf(current))) {
      this.#liveness.hear(name, now);
    }
    this.#noteTaints(current);
    const isTroubled = isReadyNode(statusOf(current)) === false || noExecute(current).length > 0;
    if (isTroubled) this.#troubled.add(name);
    else this.#troubled.delete(name);
    const verdict = judgeNode(specOf(current), statusOf(current), this.#liveness.state(name), Date.now());
    const wasReady = before && isReadyNode(statusOf(before));
    if (isTroubled || verdict.spec || verdict.status || wasReady === false) this.#queue.add(name);
  }

  /** Remembers since when taints are there that do not say so themselves. */
  #noteTaints(node: CachedObject): void {
    const { name } = node.record;
    const before = this.#taintSeen.get(name);
    const undated = noExecute(node).filter(({ timeAdded }) => timeAdded === undefined);
    if (undated.length === 0) this.#taintSeen.delete(name);
    else this.#taintSeen.set(name, new Map(undated.map(({ key }) => [key, before?.get(key) ?? Date.now()])));
  }

  async #reconcile(name: string, fence: Fence): Promise<ReconcileResult> {
    const { reflector } = this.#context;
    const cache = reflector.cache('nodes');
    const found = cache.get('', name);
    if (!found) return undefined;
    await caughtUp(this.#context, await this.#settleNode(found, fence));
    const node = cache.get('', name);
    if (!node) return undefined;
    const pods = [...reflector.cache('pods').find('byNode', name)];
    const { writes, nextMs } = this.#settlePods(node, pods, fence);
    const results = await Promise.all(writes);
    await caughtUp(this.#context, Math.max(0, ...results.map(({ revision }) => revision)));
    return nextMs === undefined ? undefined : { requeueAfterMs: Math.max(0, nextMs - Date.now()) };
  }

  /** Conditions and taints, in one write. Gives its revision, 0 when there was nothing to write. */
  async #settleNode(node: CachedObject, fence: Fence): Promise<number> {
    const { store, recorder } = this.#context;
    const { name, uid } = node.record;
    const judged = judgeNode(specOf(node), statusOf(node), this.#liveness.state(name), Date.now());
    if (!judged.spec && !judged.status) return 0;
    let verdict: NodeVerdict = {};
    const result = await store.write({
      key: { resource: 'nodes', namespace: '', name },
      reads: 'all',
      decide: (current) =>
        decideNode(current, uid, this.#liveness.state(name), Date.now(), (decided) => {
          verdict = decided;
        }),
      fence,
    });
    if (verdict.turned) {
      const isReady = verdict.turned === 'NodeReady';
      recorder.record({
        subject: { apiVersion: 'v1', kind: 'Node', namespace: '', name, uid },
        type: 'Normal',
        reason: verdict.turned,
        message: `Node ${name} status is now: ${verdict.turned}`,
        component: isReady ? 'kubelet' : NODE_COMPONENT,
        ...(isReady && { host: name }),
      });
    }
    return result.revision;
  }

  #settlePods(
    node: CachedObject,
    pods: CachedObject[],
    fence: Fence,
  ): { writes: Promise<WriteResult>[]; nextMs: number | undefined } {
    const writes: Promise<WriteResult>[] = [];
    const isNodeReady = isReadyNode(statusOf(node));
    const taints = this.#activeTaints(node);
    const now = Date.now();
    let nextMs: number | undefined;
    for (const pod of pods) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      const leaveMs =
        taints.length > 0 ? evictionTime(taints, podSpecOf(pod).tolerations ?? [], startOf(pod)) : undefined;
      if (leaveMs !== undefined && leaveMs <= now) {
        writes.push(this.#evict(pod, fence));
        continue;
      }
      if (leaveMs !== undefined) nextMs = Math.min(nextMs ?? leaveMs, leaveMs);
      if (isNodeReady !== undefined && this.#needsReadiness(pod, isNodeReady)) {
        writes.push(this.#setReadiness(pod, isNodeReady, fence));
      }
    }
    return { writes, nextMs };
  }

  #needsReadiness(pod: CachedObject, isNodeReady: boolean): boolean {
    const gates = podSpecOf(pod).readinessGates;
    return withNodeReadiness((pod.status ?? {}) as PodStatus, gates, isNodeReady, '') !== undefined;
  }

  async #setReadiness(pod: CachedObject, isNodeReady: boolean, fence: Fence): Promise<WriteResult> {
    const { namespace, name, uid } = pod.record;
    const result = await this.#context.store.write({
      key: { resource: 'pods', namespace, name },
      reads: 'observed',
      decide: (current) => decidePodReadiness(current, uid, podSpecOf(pod).readinessGates, isNodeReady, Date.now()),
      fence,
    });
    if (result.outcome === 'updated' && !isNodeReady) {
      this.#context.recorder.record({
        subject: subjectOf(pod),
        type: 'Warning',
        reason: 'NodeNotReady',
        message: 'Node is not ready',
        component: NODE_COMPONENT,
      });
    }
    return result;
  }

  async #evict(pod: CachedObject, fence: Fence): Promise<WriteResult> {
    const { namespace, name, uid } = pod.record;
    const result = await this.#context.store.write({
      key: { resource: 'pods', namespace, name },
      reads: 'all',
      decide: (current) => decideEviction(current, uid, Date.now()),
      fence,
    });
    if (result.outcome !== 'kept') {
      this.#context.recorder.record({
        subject: subjectOf(pod),
        type: 'Normal',
        reason: 'TaintManagerEviction',
        message: `Marking for deletion Pod ${namespace}/${name}`,
        component: EVICTION_COMPONENT,
      });
    }
    return result;
  }

  #activeTaints(node: CachedObject): ActiveTaint[] {
    const seen = this.#taintSeen.get(node.record.name);
    return noExecute(node).map((taint) => ({
      taint,
      sinceMs:
        taint.timeAdded === undefined ? (seen?.get(taint.key) ?? Date.now()) : Date.parse(String(taint.timeAdded)),
    }));
  }
}

function specOf(node: CachedObject): NodeSpec {
  return (node.desired as { spec?: NodeSpec }).spec ?? {};
}

function statusOf(node: CachedObject): NodeStatus {
  return (node.status ?? {}) as NodeStatus;
}

function podSpecOf(pod: CachedObject): Partial<PodSpec> {
  return (pod.desired as { spec?: PodSpec }).spec ?? {};
}

/** Undefined for a node of which nothing is known yet. */
function isReadyNode(status: NodeStatus): boolean | undefined {
  const ready = conditionOf(status, 'Ready');
  return ready && ready.status === 'True';
}

function noExecute(node: CachedObject) {
  return (specOf(node).taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** From when a pod's tolerations count at the earliest, ms since the epoch. */
function startOf(pod: CachedObject): number {
  return Date.parse(pod.metadata.creationTimestamp) || 0;
}

function subjectOf(pod: CachedObject): EventSubject {
  const { namespace, name, uid } = pod.record;
  return { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
}
