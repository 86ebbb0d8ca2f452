import { isChangeOf, type ObjectCache, type ObjectChange } from '@everynode/list-watch';
import {
  conditionOf,
  type Lease,
  NODE_LEASE_NAMESPACE,
  type Node,
  type NodeStatus,
  type Stored,
} from '@everynode/objects';
import { judgeNode } from './decide-node.js';
import type { Liveness } from './liveness.js';
import { isSignOfLife } from './node-conditions.js';
import { noExecuteTaints, type TaintTimes } from './taint-times.js';

/** True, false, or undefined for a node whose readiness was never reported. */
export function isReadyNode(status: NodeStatus): boolean | undefined {
  const ready = conditionOf(status, 'Ready');
  return ready && ready.status === 'True';
}

/** What the handler needs: what it keeps up to date, and the queue. */
interface ChangeHandlerOptions {
  nodes: ObjectCache<Stored<Node>>;
  liveness: Liveness;
  taintTimes: TaintTimes;
  enqueue: (node: string) => void;
}

/** Maps changes in the caches to nodes that have to be reconciled, and keeps liveness and the times of taints. */
export class ChangeHandler {
  readonly #options: ChangeHandlerOptions;
  /** Nodes that are not ready or that evict pods: a pod that appears there has to be examined. */
  readonly #troubled = new Set<string>();

  constructor(options: ChangeHandlerOptions) {
    this.#options = options;
  }

  handle(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (isChangeOf(change, 'nodes')) this.#onNode(change);
      else if (isChangeOf(change, 'leases.coordination.k8s.io')) this.#onLease(change);
      else if (isChangeOf(change, 'pods') && change.type !== 'DELETED') {
        const { placement } = change.current.record;
        if (placement !== null && this.#troubled.has(placement)) this.#options.enqueue(placement);
      }
    }
  }

  /** Records a sign of life of a node. One that was not known to be alive is reconciled. */
  onSignOfLife(node: string): void {
    const { liveness, enqueue } = this.#options;
    if (liveness.markAlive(node, performance.now()) && this.#troubled.has(node)) enqueue(node);
  }

  /** A kubelet that talks to the api instead of the bus renews its lease there. */
  #onLease({ type, previous, current }: ObjectChange<Stored<Lease>>): void {
    const { namespace, name, desired } = current.record;
    if (namespace !== NODE_LEASE_NAMESPACE || type !== 'MODIFIED') return;
    const node = this.#options.nodes.get('', name);
    if (node?.record.placement === null && previous?.record.desired !== desired) this.onSignOfLife(name);
  }

  #onNode({ type, previous, current }: ObjectChange<Stored<Node>>): void {
    const { liveness, taintTimes, enqueue } = this.#options;
    const { name, placement, uid } = current.record;
    if (type === 'DELETED') {
      liveness.forget(name);
      taintTimes.forget(name);
      this.#troubled.delete(name);
      return;
    }
    const now = performance.now();
    const before = previous?.record.uid === uid ? previous : undefined;
    const { spec = {} } = current.desired;
    const { status = {} } = current;
    if (!before) {
      // Another node of the same name has to send heartbeats of its own.
      liveness.forget(name);
      liveness.track(name, now);
    } else if (before.record.placement !== placement || isSignOfLife(before.status ?? {}, status)) {
      liveness.markAlive(name, now);
    }
    taintTimes.observe(current, before !== undefined);
    const isTroubled = isReadyNode(status) === false || noExecuteTaints(current).length > 0;
    if (isTroubled) this.#troubled.add(name);
    else this.#troubled.delete(name);
    const verdict = judgeNode(spec, status, liveness.state(name), Date.now());
    const wasReady = before && isReadyNode(before.status ?? {});
    if (isTroubled || verdict.spec || verdict.status || wasReady === false) enqueue(name);
  }
}
