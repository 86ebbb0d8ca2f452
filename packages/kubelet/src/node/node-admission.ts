import { type RoomDemands, roomDemands, roomFaults } from '@everynode/daemonset';
import { milliValue, type PodSpec, parseQuantity, wholeValue } from '@everynode/objects';
import type { AssignedPod } from '../pod/assigned-pod.js';
import type { KubeletNode } from '../pod/kubelet-node.js';

/** Why a node does not admit a pod, in a kubelet's words. */
export interface NodeRefusal {
  reason: string;
  message: string;
}

const OS_LABEL = 'kubernetes.io/os';
/** The order in which a kubelet looks at amounts; the first that is short is named. */
const ORDER = ['cpu', 'memory', 'ephemeral-storage'];

/**
 * Returns why the node does not admit the pod; undefined when it does. `others` are the specs of the pods that are
 * active on the node. What the node's labels and taints forbid is not looked at: an agent knows only those that it
 * registered the node with. Source: pkg/kubelet/lifecycle/predicate.go.
 */
export function refusalOf(
  { spec }: Pick<AssignedPod, 'spec'>,
  node: KubeletNode,
  others: readonly PodSpec[],
): NodeRefusal | undefined {
  const os = node.labels[OS_LABEL] ?? 'linux';
  if ((spec.nodeSelector?.[OS_LABEL] ?? os) !== os) {
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  }
  if ((spec.os?.name ?? os) !== os) {
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  }
  const demands = roomDemands(spec);
  return shortageOn(node, demands, others) ?? portConflict(demands, others);
}

function shortageOn(node: KubeletNode, demands: RoomDemands, others: readonly PodSpec[]): NodeRefusal | undefined {
  const capacity = node.allocatable;
  const pods = amountOf('pods', capacity);
  if (others.length + 1 > pods) return outOf('pods', 1, others.length, pods);
  const named = [...demands.requests.keys()].filter((name) => name in capacity && !ORDER.includes(name));
  for (const name of [...ORDER, ...named]) {
    const requested = demands.requests.get(name) ?? 0;
    if (requested === 0) continue;
    const used = others.reduce((sum, spec) => sum + (roomDemands(spec).requests.get(name) ?? 0), 0);
    const available = amountOf(name, capacity);
    if (requested > available - used) return outOf(name, requested, used, available);
  }
  return undefined;
}

function amountOf(name: string, capacity: Readonly<Record<string, string>>): number {
  const quantity = parseQuantity(capacity[name] ?? '0');
  return Number(name === 'cpu' ? milliValue(quantity) : wholeValue(quantity));
}

const outOf = (resource: string, requested: number, used: number, capacity: number): NodeRefusal => ({
  reason: `OutOf${resource}`,
  message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});

const NO_REQUESTS: RoomDemands['requests'] = new Map();

function portConflict({ ports }: RoomDemands, others: readonly PodSpec[]): NodeRefusal | undefined {
  const pods = others.map((spec) => ({ spec }));
  const [conflict] = roomFaults({ requests: NO_REQUESTS, ports }, { node: {}, pods });
  return conflict === undefined
    ? undefined
    : { reason: 'NodePorts', message: `Predicate NodePorts failed: ${conflict}` };
}
