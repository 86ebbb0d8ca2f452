import type { PodEvent } from '@everynode/contract';
import type { Pod, PodStatus } from 'kubernetes-types/core/v1.js';
import type { HostedNode } from '../nodes-file.js';

/** Something a runtime has to say about a pod. */
export interface PodReport {
  status: PodStatus;
  /** The pod has stopped and nothing of it is left. */
  stopped: boolean;
  events: PodEvent[];
}

/** A pod as a runtime gets it: the whole object. */
export type AssignedPod = Pod & {
  metadata: { name: string; namespace: string; uid: string };
  spec: { nodeName: string; containers: { name: string; image?: string }[] };
};

/** Runs the pods of the nodes that this process hosts. All calls return at once; what happens is reported. */
export interface Runtime {
  /** Runs a pod, or takes note of its present form when it runs already. */
  start(pod: AssignedPod, node: HostedNode): void;
  /** Stops a pod within the grace period; a shorter one given later counts. */
  stop(uid: string, graceSeconds: number): void;
  /** Stops a pod at once, without a report: its object is gone. */
  forget(uid: string): void;
  close(): void;
}

export type ReportListener = (pod: AssignedPod, report: PodReport) => void;
