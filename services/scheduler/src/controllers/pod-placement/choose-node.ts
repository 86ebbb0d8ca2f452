import {
  compileNodeDemands,
  compileNodeSelector,
  findUntoleratedTaint,
  type NodeDemands,
  toleratesTaint,
} from '@everynode/daemonset';
import type { Node, Pod, PodSpec } from 'kubernetes-types/core/v1.js';
import { type Amounts, amountsOf, type HostPort, hostPorts, podRequests, portsMeet } from './pod-demands.js';

/** A node and the pods that are on it and have not ended. */
export interface NodeLoad {
  node: Node;
  pods: readonly Pod[];
}

/** A node, or why each of them will not do: how many nodes there are for each reason. */
export type Choice = { node: string } | { reasons: ReadonlyMap<string, number>; nodes: number };

/** As upstream scores pods that ask for nothing: every pod takes something. cpu in thousandths, memory in bytes. */
const LEAST_SCORED = { cpu: 100, memory: 200 * 1024 * 1024 };
const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

interface Wanted {
  spec: PodSpec;
  demands: NodeDemands;
  requests: Amounts;
  ports: HostPort[];
  preferred: { weight: number; matches: ReturnType<typeof compileNodeSelector> }[];
}

function compile(spec: PodSpec): Wanted {
  const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    spec,
    demands: compileNodeDemands(spec),
    requests: podRequests(spec),
    ports: hostPorts(spec),
    preferred: preferred.map(({ weight, preference }) => ({
      weight,
      matches: compileNodeSelector({ nodeSelectorTerms: [preference] }),
    })),
  };
}

const requestsOf = new WeakMap<PodSpec, Amounts>();

/** Of a pod that is on a node; worked out once a pod, as every pod to be placed asks every node. */
function requestsOfPlaced(spec: PodSpec): Amounts {
  let requests = requestsOf.get(spec);
  if (!requests) {
    requests = podRequests(spec);
    requestsOf.set(spec, requests);
  }
  return requests;
}

interface Room {
  allocatable: Amounts;
  used: Amounts;
}

function roomOf({ node, pods }: NodeLoad): Room {
  const used: Amounts = new Map([['pods', pods.length]]);
  for (const { spec } of pods) {
    if (!spec) continue;
    for (const [name, amount] of requestsOfPlaced(spec)) used.set(name, (used.get(name) ?? 0) + amount);
  }
  return { allocatable: amountsOf(node.status?.allocatable as Record<string, string> | undefined), used };
}

/** What stands against the node, in the words of upstream's scheduler plugins; none when the pod fits. */
function faults(wanted: Wanted, load: NodeLoad, room: Room): string[] {
  const { node, pods } = load;
  const tolerations = wanted.spec.tolerations ?? [];
  if (node.spec?.unschedulable && !tolerations.some((toleration) => toleratesTaint(toleration, UNSCHEDULABLE))) {
    return ['node(s) were unschedulable'];
  }
  const taint = findUntoleratedTaint(node.spec?.taints ?? [], tolerations, ['NoSchedule', 'NoExecute']);
  if (taint) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  const { name = '', labels = {} } = node.metadata ?? {};
  if (wanted.demands.missing({ name, labels }) !== undefined) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const taken = wanted.ports.length === 0 ? [] : pods.flatMap(({ spec }) => (spec ? hostPorts(spec) : []));
  if (wanted.ports.some((port) => taken.some((other) => portsMeet(port, other)))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  const { allocatable, used } = room;
  // A node that says nothing of pods takes any number; upstream's kubelets always say it.
  const limit = allocatable.get('pods');
  const short = limit !== undefined && pods.length + 1 > limit ? ['Too many pods'] : [];
  for (const [resource, amount] of wanted.requests) {
    if (amount > 0 && amount > (allocatable.get(resource) ?? 0) - (used.get(resource) ?? 0)) {
      short.push(`Insufficient ${resource}`);
    }
  }
  return short;
}

/** The mean share that would be left of cpu and memory, 0 to 1. Source: scheduler plugin NodeResourcesFit, LeastAllocated. */
function shareLeft(wanted: Wanted, { pods }: NodeLoad, { allocatable }: Room): number {
  const shares = (['cpu', 'memory'] as const).map((resource) => {
    const all = allocatable.get(resource) ?? 0;
    if (all === 0) return 0;
    let used = wanted.requests.get(resource) || LEAST_SCORED[resource];
    for (const { spec } of pods) used += (spec && requestsOfPlaced(spec).get(resource)) || LEAST_SCORED[resource];
    return Math.max(0, (all - used) / all);
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/**
 * How well a node does, the most important first: taints that ask to be avoided, preferred affinity, room left, and the
 * number of pods. Upstream adds these up by weights in which the same order prevails.
 */
function scores(wanted: Wanted, load: NodeLoad, room: Room): number[] {
  const { node, pods } = load;
  const { name = '', labels = {} } = node.metadata ?? {};
  const tolerations = wanted.spec.tolerations ?? [];
  const avoided = (node.spec?.taints ?? []).filter(
    (taint) =>
      taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => toleratesTaint(toleration, taint)),
  );
  const liked = wanted.preferred.reduce(
    (sum, { weight, matches }) => sum + (matches({ name, labels }) ? weight : 0),
    0,
  );
  return [-avoided.length, liked, shareLeft(wanted, load, room), -pods.length];
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  for (const [i, score] of a.entries()) if (score !== b[i]) return score > (b[i] ?? 0);
  return false;
}

/** The best of the nodes that a pod fits on; the first of equals. Pure, O(nodes and the pods on them). */
export function chooseNode(spec: PodSpec, loads: Iterable<NodeLoad>): Choice {
  const wanted = compile(spec);
  const reasons = new Map<string, number>();
  let nodes = 0;
  let best: { node: string; score: number[] } | undefined;
  for (const load of loads) {
    nodes += 1;
    const room = roomOf(load);
    const against = faults(wanted, load, room);
    for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (against.length > 0) continue;
    const score = scores(wanted, load, room);
    if (!best || isBetter(score, best.score)) best = { node: load.node.metadata?.name ?? '', score };
  }
  return best ? { node: best.node } : { reasons, nodes };
}

/** The line that users know: `0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.` */
export function unavailableMessage({ reasons, nodes }: Extract<Choice, { nodes: number }>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
