import { type AssignedPod, isAssignedPod } from '@everynode/kubelet';
import type { HostedNode, PodReport } from '@everynode/pod-runtime';
import { NO_DELAY, SimulatedRuntime, type SimulationSettings } from '@everynode/pod-runtime/simulated';
import type { NodeVersion, PodVersion } from './versions.js';
import type { VirtualClock } from './virtual-clock.js';
import type { ClusterListener, VirtualCluster } from './virtual-cluster.js';

/** How pods behave that nothing is said about. */
export const NO_DELAYS: SimulationSettings = {
  start: NO_DELAY,
  ready: NO_DELAY,
  stop: NO_DELAY,
  failureRate: 0,
  failure: 'crash',
  events: false,
};

export interface VirtualAgentsOptions {
  clock: VirtualClock;
  cluster: VirtualCluster;
  seed: number;
  /** How a pod behaves that begins now. */
  settingsOf: (pod: AssignedPod) => SimulationSettings;
  /** Pods that no agent runs: they only take room. */
  isBackground: (uid: string) => boolean;
}

/**
 * The agents of all nodes: they run the pods that are bound to their node by the rules of a kubelet, and report them.
 * One that is cut off goes on, and neither commands nor reports pass.
 */
export class VirtualAgents implements ClusterListener {
  readonly #options: VirtualAgentsOptions;
  readonly #runtime: SimulatedRuntime;
  readonly #hosted = new Map<string, HostedNode>();
  /** Nodes of which nothing is heard, and since when, in ms. */
  readonly #away = new Map<string, number>();
  /** The last report of each pod of a node that is cut off. */
  readonly #held = new Map<string, PodReport>();
  #isReporting = false;
  #nodes = 0;

  constructor(options: VirtualAgentsOptions) {
    this.#options = options;
    const { clock, seed, settingsOf } = options;
    this.#runtime = new SimulatedRuntime({
      clock,
      seed,
      settings: NO_DELAYS,
      settingsOf,
      onReport: ({ metadata: { uid }, spec: { nodeName } }, report) => this.#onReport(uid, nodeName, report),
    });
  }

  /** A node begins to be hosted, or is hosted with other labels. */
  onNode(before: NodeVersion | undefined, after: NodeVersion | undefined): void {
    if (!after) {
      const { name } = before?.record ?? { name: '' };
      this.#hosted.delete(name);
      this.#away.delete(name);
      return;
    }
    if (before?.record.metadata === after.record.metadata) return;
    const { name, labels = {}, annotations = {} } = after.metadata;
    const allocatable = (after.status?.allocatable ?? {}) as Record<string, string>;
    const number = this.#hosted.get(name)?.number ?? this.#nodes++ % 65_536;
    this.#hosted.set(name, { name, number, labels, annotations, taints: [], capacity: allocatable });
  }

  onPod(before: PodVersion | undefined, after: PodVersion | undefined): void {
    const uid = (after ?? before)?.record.uid ?? '';
    if (this.#options.isBackground(uid)) {
      // What others run is not simulated: it leaves at once.
      if (after?.metadata.deletionTimestamp !== undefined)
        this.#options.clock.after(0, () => this.#options.cluster.removePod(uid));
      return;
    }
    if (!after) {
      this.#held.delete(uid);
      if (!this.#isReporting) this.#runtime.forget(uid);
      return;
    }
    const isSame = before?.record.metadata === after.record.metadata && before.record.desired === after.record.desired;
    if (!isSame) this.#send(after);
  }

  /** What is being changed is heard by all others before its agent answers. */
  #send({ record: { uid } }: PodVersion): void {
    this.#options.clock.after(0, () => {
      const pod = this.#options.cluster.pod(uid);
      if (pod) this.#deliver(pod);
    });
  }

  onDaemonSet(): void {}

  #deliver({ object, record: { placement } }: PodVersion): void {
    const hosted = placement === null ? undefined : this.#hosted.get(placement);
    if (hosted && !this.#away.has(hosted.name) && isAssignedPod(object)) this.#runtime.start(object, hosted);
  }

  #onReport(uid: string, node: string, report: PodReport): void {
    if (this.#away.has(node)) this.#held.set(uid, report);
    else this.#apply(uid, report);
  }

  #apply(uid: string, { status, stopped }: PodReport): void {
    const { cluster } = this.#options;
    this.#isReporting = true;
    if (stopped) cluster.removePod(uid);
    else cluster.setPodStatus(uid, status);
    this.#isReporting = false;
  }

  isAway(node: string): boolean {
    return this.#away.has(node);
  }

  /** Whether the node was heard of at this time or later: while nothing is in the way, it is heard all the time. */
  isHeardSince(node: string, atMs: number): boolean {
    return (this.#away.get(node) ?? Number.POSITIVE_INFINITY) >= atMs;
  }

  /** Nothing passes between the node and the control plane. */
  cut(node: string): void {
    if (!this.#away.has(node)) this.#away.set(node, this.#options.clock.now());
  }

  /** The machine is off. */
  stop(node: string): void {
    this.cut(node);
    for (const { record } of this.#options.cluster.podsOn(node)) {
      this.#held.delete(record.uid);
      this.#runtime.forget(record.uid);
    }
  }

  /** The node is back: what has happened meanwhile is reported, and what it missed reaches it. */
  restore(node: string): void {
    if (!this.#away.delete(node)) return;
    for (const pod of [...this.#options.cluster.podsOn(node)]) {
      if (this.#options.isBackground(pod.record.uid)) continue;
      const held = this.#held.get(pod.record.uid);
      this.#held.delete(pod.record.uid);
      if (held) this.#apply(pod.record.uid, held);
      const current = this.#options.cluster.pod(pod.record.uid);
      if (current) this.#send(current);
    }
  }
}
