import { createHash } from 'node:crypto';
import { type NodeCondition, type NodeStatus, timestamp } from '@everynode/objects';
import type { HostedNode } from './hosted-node.js';

const KUBELET_VERSION = 'v1.36.0';

const CAPACITY: Record<string, string> = {
  cpu: '8',
  memory: '16Gi',
  pods: '110',
  'ephemeral-storage': '100Gi',
};

/** The node's address: that of the machine, or for a simulated one, by its number, one of 172.16.0.0/12. */
export function nodeAddress({ number, machine }: Pick<HostedNode, 'number' | 'machine'>): string {
  if (machine) return machine.address;
  return `172.${16 + ((number >> 16) & 15)}.${(number >> 8) & 255}.${number & 255}`;
}

/** The first three bytes of the addresses of a node's pods: each node has one /24 of 10.0.0.0/8. */
export function podNetwork(number: number): string {
  return `10.${(number >> 8) & 255}.${number & 255}`;
}

/** A condition without its times. */
export type ConditionFacts = [type: string, status: string, reason: string, message: string];

const CONDITIONS: ConditionFacts[] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

/** Of a machine whose containers are held to no limits of cpu and memory. */
const NO_LIMITS: ConditionFacts = [
  'ResourceLimitsNotEnforced',
  'True',
  'NoCgroups',
  'the process runtime does not enforce limits of cpu and memory: it cannot make the cgroups for that',
];

/** `others` stand in place of those of a node that is well, or beside them. */
function conditions({ machine }: HostedNode, others: readonly ConditionFacts[], at: string): NodeCondition[] {
  const types = new Set(others.map(([type]) => type));
  const usual = [...(machine && !machine.enforcesLimits ? [NO_LIMITS] : []), ...CONDITIONS];
  return [...usual.filter(([type]) => !types.has(type)), ...others].map(([type, status, reason, message]) => ({
    type,
    status,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
    reason,
    message,
  }));
}

/** An id of the node that never changes, in the form that operating systems use. */
function stableId(node: string, what: string): string {
  const hex = createHash('sha256').update(`${what} ${node}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** The node's resources. Pods may use all of them. */
export const nodeCapacity = ({ capacity, machine }: HostedNode): Record<string, string> => ({
  ...(machine?.capacity ?? CAPACITY),
  ...capacity,
});

/** The status of a node. `now` is in ms since the epoch; `others` are conditions that have changed. */
export function nodeStatus(node: HostedNode, now: number, others: readonly ConditionFacts[] = []): NodeStatus {
  const at = timestamp(now);
  const capacity = nodeCapacity(node);
  return {
    addresses: [
      { type: 'InternalIP', address: nodeAddress(node) },
      { type: 'Hostname', address: node.name },
    ],
    allocatable: capacity,
    capacity,
    conditions: conditions(node, others, at),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      ...simulatedInfo(node),
      ...node.machine?.info,
      kubeProxyVersion: '',
      kubeletVersion: KUBELET_VERSION,
    },
  };
}

const simulatedInfo = (node: HostedNode) => ({
  architecture: node.labels['kubernetes.io/arch'] ?? 'amd64',
  bootID: stableId(node.name, 'boot'),
  containerRuntimeVersion: 'everynode-simulated://0.1.0',
  kernelVersion: '6.1.0-everynode',
  machineID: stableId(node.name, 'machine').replaceAll('-', ''),
  operatingSystem: node.labels['kubernetes.io/os'] ?? 'linux',
  osImage: 'Everynode simulated',
  systemUUID: stableId(node.name, 'system'),
});
