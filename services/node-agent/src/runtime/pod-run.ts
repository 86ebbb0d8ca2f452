import type { PodStatus } from '@everynode/objects';
import type { HostedNode } from '../nodes/hosted-nodes.js';
import { nodeAddress } from '../nodes/node-status.js';
import type { ContainerRun } from './container-run.js';
import type { PodOccurrence } from './kubelet-events.js';
import type { AssignedPod } from './runtime.js';

/** A pod that a runtime runs, at one moment. Every runtime keeps this much of a pod. Times are RFC 3339. */
export interface PodRun {
  /** The newest form of the object. */
  pod: AssignedPod;
  node: HostedNode;
  /** Init containers and sidecars in their order, then main containers, then ephemeral ones. */
  containers: ContainerRun[];
  /** Why the node cannot provide the resources that the pod asks for; undefined when it can. */
  infeasible: string | undefined;
  /** Set once the pod's sandbox exists. */
  ip: string | undefined;
  hostIp: string;
  /** When an agent accepted the pod for the first time. */
  acceptedAt: string;
  /** The status of the last report. */
  status: PodStatus | undefined;
  /** Events since the last report. */
  occurrences: PodOccurrence[];
}

/** A run without a sandbox. `now` is RFC 3339. */
export function newPodRun(pod: AssignedPod, node: HostedNode, containers: ContainerRun[], now: string): PodRun {
  return {
    pod,
    node,
    containers,
    infeasible: undefined,
    ip: undefined,
    hostIp: nodeAddress(node.number),
    acceptedAt: String(pod.status?.startTime ?? now),
    status: undefined,
    occurrences: [],
  };
}

export const mainContainers = ({ containers }: PodRun): ContainerRun[] =>
  containers.filter((container) => container.kind === 'main');
