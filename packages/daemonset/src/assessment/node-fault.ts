import { conditionOf, type Node, type Pod } from '@everynode/objects';

/** Why an eligible node has no available pod, for as long as nobody mends it. */
export interface NodeFault {
  /** Whose fault it is: the node's, the pod's, or that there is no room. */
  kind: 'NodeNotReady' | 'PodFailing' | 'PodNotScheduled';
  /** In words, without the node's name. */
  text: string;
}

/** What a container waits with when it does not start by itself. Source: pkg/kubelet/container, images. */
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

/** What holds the node's pod up; undefined while it is merely on its way. */
export function nodeFaultOf(node: Node, pod: Pod | undefined): NodeFault | undefined {
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
