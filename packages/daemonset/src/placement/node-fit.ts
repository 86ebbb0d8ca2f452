import type { Node, Pod, PodSpec } from '@everynode/objects';
import { compileNodeDemands, type NodeDemands } from './node-affinity.js';
import { type Amounts, amountsOf, type HostPort, hostPorts, podRequests, portsMeet } from './pod-demands.js';
import { findUntoleratedTaint, toleratesTaint } from './taints.js';

/** A node and the pods that use its capacity: those that have not finished, and those it is nominated for. */
export interface NodeLoad {
  node: Node;
  pods: readonly Pick<Pod, 'spec'>[];
}

/** What a pod uses of its node. */
export interface RoomDemands {
  requests: Amounts;
  ports: readonly HostPort[];
}

/** Everything that decides whether a pod may run on a node. */
export interface PodDemands extends RoomDemands {
  spec: PodSpec;
  nodeDemands: NodeDemands;
}

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
/** The reason for every node that the selector and the affinity exclude. */
export const NO_MATCH = "node(s) didn't match Pod's node affinity/selector";

const known = new WeakMap<PodSpec, RoomDemands>();

/** Computed once for each spec: for every pod that is placed, the requests of all other pods are read. */
export function roomDemands(spec: PodSpec): RoomDemands {
  let demands = known.get(spec);
  if (!demands) {
    demands = { requests: podRequests(spec), ports: hostPorts(spec) };
    known.set(spec, demands);
  }
  return demands;
}

export function podDemands(spec: PodSpec): PodDemands {
  return { ...roomDemands(spec), spec, nodeDemands: compileNodeDemands(spec) };
}

const allocatables = new WeakMap<object, Amounts>();
const NOTHING: Amounts = new Map();

/** What a node has for its pods. */
export function allocatableOf(node: Node): Amounts {
  const quantities = node.status?.allocatable as Record<string, string> | undefined;
  if (!quantities) return NOTHING;
  let amounts = allocatables.get(quantities);
  if (!amounts) {
    amounts = amountsOf(quantities);
    allocatables.set(quantities, amounts);
  }
  return amounts;
}

/**
 * Returns what the node has no room for, in the words of upstream's scheduler plugins (NodePorts, NodeResourcesFit);
 * none when the pod fits.
 */
export function roomFaults(demands: RoomDemands, { node, pods }: NodeLoad): string[] {
  const taken = demands.ports.length === 0 ? [] : pods.flatMap(({ spec }) => (spec ? roomDemands(spec).ports : []));
  if (demands.ports.some((port) => taken.some((other) => portsMeet(port, other)))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  const allocatable = allocatableOf(node);
  // A node without an amount of pods takes any number; upstream's kubelets always report one.
  const limit = allocatable.get('pods');
  const short = limit !== undefined && pods.length + 1 > limit ? ['Too many pods'] : [];
  for (const [resource, amount] of demands.requests) {
    if (amount === 0) continue;
    let used = 0;
    for (const { spec } of pods) used += (spec && roomDemands(spec).requests.get(resource)) || 0;
    if (amount > (allocatable.get(resource) ?? 0) - used) short.push(`Insufficient ${resource}`);
  }
  return short;
}

/** Returns what of the node itself excludes the pod, regardless of its capacity. */
export function nodeFault({ spec, nodeDemands }: PodDemands, node: Node): string | undefined {
  const tolerations = spec.tolerations ?? [];
  if (node.spec?.unschedulable && !tolerations.some((toleration) => toleratesTaint(toleration, UNSCHEDULABLE))) {
    return 'node(s) were unschedulable';
  }
  const taint = findUntoleratedTaint(node.spec?.taints ?? [], tolerations, ['NoSchedule', 'NoExecute']);
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  const { name = '', labels = {} } = node.metadata ?? {};
  return nodeDemands.missing({ name, labels }) === undefined ? undefined : NO_MATCH;
}
