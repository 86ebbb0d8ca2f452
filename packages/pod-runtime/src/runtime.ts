import type { ContainerStreams } from '@everynode/container-streams';
import type { PodEvent } from '@everynode/contract';
import type { AssignedPod } from '@everynode/kubelet';
import type { PodStatus } from '@everynode/objects';
import type { HostedNode } from './node/hosted-node.js';

/** What a runtime reports on a pod. */
export interface PodReport {
  status: PodStatus;
  /** The pod has stopped and nothing of it is left. It is the last report on the pod. */
  stopped: boolean;
  events: PodEvent[];
}

/** A pod that a runtime runs. */
export interface RunningPod {
  uid: string;
  /** `namespace/name` */
  key: string;
  node: string;
  /** What it is doing: a state of {@link Runtime.counts}. */
  state: string;
}

/** Runs the pods of the nodes that this process hosts. Every call returns at once; what happens is reported later. */
export interface Runtime {
  /**
   * Runs a pod. For a pod that runs already, it applies the newest form of the object. A pod whose status says that it
   * ran before this process began is taken over as it is, and reported.
   *
   * A pod with a `deletionTimestamp` is never started: what runs of it is taken over and stopped within its
   * `deletionGracePeriodSeconds`; a pod of which nothing runs is reported as stopped.
   */
  start(pod: AssignedPod, node: HostedNode): void;
  /**
   * Stops a pod within the grace period; a later call can only shorten it. Does nothing for a pod that it does not run.
   */
  stop(uid: string, graceSeconds: number): void;
  /** Stops a pod at once and without a report: its object is gone. */
  forget(uid: string): void;
  /** Number of pods by what they are doing, for people to read. */
  counts(): ReadonlyMap<string, number>;
  /** The pods that an earlier process ran, and that are here still. To be called once, before any other call. */
  found(): AssignedPod[];
  /** Every pod that it runs. */
  pods(): RunningPod[];
  /** What clients see of its containers. */
  readonly streams: ContainerStreams;
  close(): void;
}

/** Receives every report. It must not call the runtime. */
export type ReportListener = (pod: AssignedPod, report: PodReport) => void;
