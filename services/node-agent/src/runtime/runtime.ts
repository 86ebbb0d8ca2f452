import type { PodEvent } from '@everynode/contract';
import type { Pod, PodStatus } from '@everynode/objects';
import type { HostedNode } from '../nodes/nodes-file.js';

/** Something a runtime has to say about a pod. */
export interface PodReport {
  status: PodStatus;
  /** The pod has stopped and nothing of it is left. Nothing more is said of it. */
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
  /**
   * Runs a pod, or takes note of its present form when it runs already. A pod that its status says was running before
   * this process came is taken over as it is, and reported.
   *
   * A pod with a `deletionTimestamp` is never begun: what runs of it is taken over and stopped within its
   * `deletionGracePeriodSeconds`, and where nothing runs it is reported as stopped.
   */
  start(pod: AssignedPod, node: HostedNode): void;
  /** Stops a pod within the grace period; a shorter one given later counts. Does nothing for a pod that it does not have. */
  stop(uid: string, graceSeconds: number): void;
  /** Stops a pod at once, without a report: its object is gone. */
  forget(uid: string): void;
  /** Pods that it has, by what they are doing, for a person to read. */
  counts(): ReadonlyMap<string, number>;
  close(): void;
}

/** Hears every report. It must not call the runtime back. */
export type ReportListener = (pod: AssignedPod, report: PodReport) => void;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Has a value off the bus what every runtime reads without looking? The API has checked the rest. */
export function isAssignedPod(value: unknown): value is AssignedPod {
  if (!isRecord(value) || !isRecord(value.metadata) || !isRecord(value.spec)) return false;
  const { metadata, spec } = value;
  return (
    [metadata.name, metadata.namespace, metadata.uid, spec.nodeName].every(
      (text) => typeof text === 'string' && text,
    ) &&
    Array.isArray(spec.containers) &&
    spec.containers.length > 0 &&
    [...spec.containers, ...(Array.isArray(spec.initContainers) ? spec.initContainers : [])].every(
      (container) => isRecord(container) && typeof container.name === 'string',
    )
  );
}
