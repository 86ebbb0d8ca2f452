import {
  invalid,
  type KubeObject,
  type Node,
  type Pod,
  resourceByStorage,
  type Stored,
  type Taint,
  timestamp,
} from '@everynode/objects';
import { nodeStatus } from '@everynode/pod-runtime';
import type { ScenarioGroup } from '../scenario/schema.js';

const PAD = 5;

/** The labels of every node. Source: pkg/kubelet/kubelet_node_status.go. */
const ownLabels = (name: string): Record<string, string> => ({
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': 'linux',
});

/**
 * The nodes of a group: `workers-00001` and on, over its zones by turns. `from` is how many nodes of that name there
 * are already; `atMs` is ms since the epoch.
 * @throws ApiError Invalid for nodes that an api would refuse: names, labels and taints.
 */
export function nodesOf(group: ScenarioGroup, atMs: number, from = 0): Stored<Node>[] {
  const { count, name, zones = [], labels = {}, taints = [], capacity = {}, unschedulable } = group;
  const nodes = Array.from({ length: count }, (_, i): Stored<Node> => {
    const number = from + i + 1;
    const own = `${name}-${String(number).padStart(PAD, '0')}`;
    const zone = zones[i % Math.max(1, zones.length)];
    const all = { ...ownLabels(own), ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }), ...labels };
    const hosted = { name: own, number: number % 65_536, labels: all, annotations: {}, taints: [], capacity };
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: own, uid: `node-${own}`, creationTimestamp: timestamp(atMs), labels: all },
      spec: { ...(taints.length > 0 && { taints: taints as Taint[] }), ...(unschedulable && { unschedulable }) },
      status: nodeStatus(hosted, atMs),
    } as Stored<Node>;
  });
  // They differ in their numbers and zones.
  for (const node of nodes.slice(0, Math.max(1, zones.length))) checkNode(node);
  return nodes;
}

/** @throws ApiError Invalid for a node that an api would refuse. */
export function checkNode(node: Stored<Node>): void {
  const { group, kind, validate } = resourceByStorage('nodes');
  const faults = validate(node as KubeObject);
  if (faults.length > 0) throw invalid({ group, kind, name: node.metadata.name }, faults);
}

/** A pod of others, which only takes room on its node. */
export function occupant(node: string, number: number, requests: Record<string, string>, atMs: number): Stored<Pod> {
  const name = `occupant-${node}-${number}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, creationTimestamp: timestamp(atMs) },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'others', resources: { requests } }] },
    status: { phase: 'Running' },
  } as Stored<Pod>;
}
