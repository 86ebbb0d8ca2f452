import type { ObjectCache, ReconcileResult } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import { followHeartbeats } from './follow-heartbeats.js';
import type { Liveness } from './liveness.js';
import { ChangeHandler, isReadyNode } from './on-changes.js';
import { settleNode } from './settle-node.js';
import { settlePods } from './settle-pods.js';
import { TaintTimes } from './taint-times.js';

interface NodeLifecycleOptions {
  /** A node that is silent for this long is unreachable. */
  graceSeconds: number;
  /** The heartbeats of nodes, which this controller notes. */
  liveness: Liveness;
}

/**
 * Nodes that are reconciled at once. A reconcile mostly waits for commits, and a lost agent may have thousands of
 * nodes.
 */
const WORKERS = 256;

/**
 * Keeps the conditions and taints of nodes in step with their heartbeats, and the readiness and eviction of pods in
 * step with their node. Every replica follows all nodes; only the holder of a node's shard acts.
 */
export class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle';
  readonly #context: SchedulerContext;
  readonly #nodes: ObjectCache<Stored<Node>>;
  readonly #liveness: Liveness;
  readonly #taintTimes = new TaintTimes();
  readonly #queue: ShardedQueue;
  readonly #following: Promise<void>;

  constructor(context: SchedulerContext, options: NodeLifecycleOptions) {
    const { reflector, bus, signal, log, limits } = context;
    this.#context = context;
    const nodes = reflector.cache('nodes');
    const graceMs = options.graceSeconds * 1000;
    const { liveness } = options;
    this.#nodes = nodes;
    this.#liveness = liveness;
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (name, fence) => this.#reconcile(name, fence),
      keys: () => Array.from(nodes.list(), ({ record }) => record.name),
    });
    const enqueue = (node: string): void => this.#queue.add(node);
    const handler = new ChangeHandler({ nodes, liveness, taintTimes: this.#taintTimes, enqueue });
    reflector.addListener({ onChanges: (changes) => handler.handle(changes) });
    const onHeartbeat = (node: string): void => handler.onSignOfLife(node);
    const isMine = (node: string): boolean => this.#queue.isMine(node);
    const heard = { onHeartbeat, isMine, onLost: enqueue };
    this.#following = followHeartbeats({ bus, signal, log, limits, nodes, liveness, graceMs, ...heard });
  }

  /** Call it when the signal has aborted. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#following;
  }

  async #reconcile(name: string, fence: Fence): Promise<ReconcileResult> {
    const found = this.#nodes.get('', name);
    if (!found) return undefined;
    await caughtUp(this.#context, await settleNode(this.#context, found, this.#liveness, fence));
    const node = this.#nodes.get('', name);
    if (!node) return undefined;
    const pods = [...this.#context.reflector.cache('pods').find('byNode', name)];
    const view = { isReady: isReadyNode(node.status ?? {}), taints: this.#taintTimes.activeTaints(node), pods };
    const { writes, nextMs } = settlePods(this.#context, view, fence);
    const results = await Promise.all(writes);
    await caughtUp(this.#context, Math.max(0, ...results.map(({ revision }) => revision)));
    return nextMs === undefined ? undefined : { requeueAfterMs: Math.max(0, nextMs - performance.now()) };
  }
}
