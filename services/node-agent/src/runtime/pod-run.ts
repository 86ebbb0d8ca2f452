import type { PodStatus } from '@everynode/objects';
import type { HostedNode } from '../nodes/hosted-nodes.js';
import { nodeAddress } from '../nodes/node-status.js';
import type { ContainerRun } from './container-run.js';
import type { PodOccurrence } from './kubelet-events.js';
import type { PodFailure } from './pod-failure.js';
import type { AssignedPod } from './runtime.js';

/**
 * A pod that a runtime runs, at one moment. Every runtime keeps this much of a pod. It is a class so that all runs have
 * one shape, made once: a rollout makes thousands. Times are RFC 3339.
 */
export class PodRun {
  /** The newest form of the object. */
  pod: AssignedPod;
  readonly node: HostedNode;
  /** Init containers and sidecars in their order, then main containers, then ephemeral ones. */
  containers: ContainerRun[];
  /** Why the node cannot provide the resources that the pod asks for; undefined when it can. */
  infeasible: string | undefined = undefined;
  /** Set once the pod has failed as a whole. */
  failure: PodFailure | undefined = undefined;
  /** Set once the pod's sandbox exists. */
  ip: string | undefined = undefined;
  readonly hostIp: string;
  /** When an agent accepted the pod for the first time. */
  readonly acceptedAt: string;
  /** The status of the last report. */
  status: PodStatus | undefined = undefined;
  /** Events since the last report. */
  occurrences: PodOccurrence[] = [];

  /** A run without a sandbox. */
  constructor(pod: AssignedPod, node: HostedNode, containers: ContainerRun[], now: string) {
    this.pod = pod;
    this.node = node;
    this.containers = containers;
    this.hostIp = nodeAddress(node.number);
    this.acceptedAt = String(pod.status?.startTime ?? now);
  }
}

export const mainContainers = ({ containers }: PodRun): ContainerRun[] =>
  containers.filter((container) => container.kind === 'main');
