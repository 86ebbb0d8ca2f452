import { conditionOf, type Node, type Pod } from '@everynode/objects';
import { isShuttingDown } from '../placement/shutdown.js';

/** Why an eligible node has no available pod, where time alone will not change that. */
export interface NodeFault {
  /** The cause: the node, the pod, or missing room. */
  kind: 'NodeNotReady' | 'NodeShuttingDown' | 'PodFailing' | 'PodNotScheduled';
  /** In words, without the node's name. */
  text: string;
}

/** Reasons of a waiting container that will not start by itself. Source: pkg/kubelet/container, images. */
const FAILING = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

/** Returns what keeps the node's pod from being available; undefined while the pod is only starting. */
export function nodeFaultOf(node: Node, pod: Pod | undefined): NodeFault | undefined {
  if (isShuttingDown(node)) return { kind: 'NodeShuttingDown', text: 'the node is shutting down' };
  const ready = conditionOf(node.status, 'Ready');
  if (ready && ready.status !== 'True') return { kind: 'NodeNotReady', text: 'the node is NotReady' };
  const placed = conditionOf(pod?.status, 'PodScheduled');
  if (placed?.status === 'False') {
    return { kind: 'PodNotScheduled', text: placed.message ?? 'its pod is not scheduled' };
  }
  if (pod?.status?.phase === 'Failed') {
    return { kind: 'PodFailing', text: `its pod failed${pod.status.reason ? ` (${pod.status.reason})` : ''}` };
  }
  for (const { name, state } of [
    ...(pod?.status?.initContainerStatuses ?? []),
    ...(pod?.status?.containerStatuses ?? []),
  ]) {
    const reason = state?.waiting?.reason;
    if (reason !== undefined && FAILING.has(reason))
      return { kind: 'PodFailing', text: `container ${name}: ${reason}` };
  }
  return undefined;
}
