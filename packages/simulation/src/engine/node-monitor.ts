import { withConditionTaints } from '@everynode/daemonset';
import { type NodeCondition, timestamp } from '@everynode/objects';
import { withNodeReadiness } from '@everynode/workloads';
import type { VirtualClock } from './virtual-clock.js';
import type { VirtualCluster } from './virtual-cluster.js';

/** A node that is silent for so long, in ms, is not ready. Source: kube-controller-manager, NodeMonitorGracePeriod. */
const GRACE_MS = 50_000;

/** What a node that is not heard of is said to be. Source: pkg/controller/nodelifecycle, tryUpdateNodeHealth. */
const SILENT: Pick<NodeCondition, 'status' | 'reason' | 'message'> = {
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
};
const READY: typeof SILENT = { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };

interface NodeMonitorOptions {
  clock: VirtualClock;
  cluster: VirtualCluster;
}

/** Brings the conditions and taints of nodes, and the readiness of their pods, in step with what is heard of them. */
export class NodeMonitor {
  readonly #options: NodeMonitorOptions;
  /** Since when nodes are silent, in ms. */
  readonly #silentSince = new Map<string, number>();

  constructor(options: NodeMonitorOptions) {
    this.#options = options;
  }

  /** The node has just become silent. */
  silent(name: string): void {
    const { clock } = this.#options;
    const sinceMs = clock.now();
    this.#silentSince.set(name, sinceMs);
    clock.after(GRACE_MS, () => {
      // It may have been heard meanwhile, and be silent again.
      if (this.#silentSince.get(name) === sinceMs) this.#settle(name, SILENT);
    });
  }

  /** The node is heard again. */
  heard(name: string): void {
    this.#silentSince.delete(name);
    this.#settle(name, READY);
  }

  #settle(name: string, verdict: typeof SILENT): void {
    const { clock, cluster } = this.#options;
    const node = cluster.node(name);
    if (!node) return;
    const at = timestamp(clock.wallTime());
    const before = node.status?.conditions?.find(({ type }) => type === 'Ready');
    if (before?.status !== verdict.status) {
      const others = node.status?.conditions?.filter(({ type }) => type !== 'Ready') ?? [];
      const ready: NodeCondition = { type: 'Ready', ...verdict, lastHeartbeatTime: at, lastTransitionTime: at };
      cluster.changeNode(name, 'status', (current) => ({
        ...current,
        status: { ...current.status, conditions: [...others, ready] },
      }));
      this.taint(name);
    }
    this.settlePods(name, verdict.status === 'True');
  }

  /** Brings the readiness of the node's pods in step with its own. */
  settlePods(name: string, isReady: boolean): void {
    const { clock, cluster } = this.#options;
    const at = timestamp(clock.wallTime());
    for (const { record, status, object } of [...cluster.podsOn(name)]) {
      const next = withNodeReadiness(status ?? {}, object.spec?.readinessGates, isReady, at);
      if (next && object.metadata.deletionTimestamp === undefined) cluster.setPodStatus(record.uid, next);
    }
  }

  /** Gives the node the taints of its conditions and of its cordon. */
  taint(name: string): void {
    const { clock, cluster } = this.#options;
    const node = cluster.node(name)?.object;
    const taints = node && withConditionTaints(node.spec ?? {}, node.status ?? {}, timestamp(clock.wallTime()));
    if (!taints) return;
    cluster.changeNode(name, 'desired', (current) => ({ ...current, spec: { ...current.spec, taints } }));
  }
}
