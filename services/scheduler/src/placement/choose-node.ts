import {
  allocatableOf,
  compileNodeSelector,
  type NodeLoad,
  nodeFault,
  type PodDemands,
  type PodPeers,
  podDemands,
  roomDemands,
  roomFaults,
  toleratesTaint,
} from '@everynode/daemonset';
import type { PodSpec } from '@everynode/objects';

/** The chosen node; or, by reason, the number of nodes that do not fit. */
export type Choice = { node: string } | { reasons: ReadonlyMap<string, number>; nodes: number };

/** Upstream scores pods that request nothing as if they requested this. cpu in thousandths, memory in bytes. */
const LEAST_SCORED = { cpu: 100, memory: 200 * 1024 * 1024 };

interface Wanted extends PodDemands {
  preferred: { weight: number; matches: ReturnType<typeof compileNodeSelector> }[];
}

function compile(spec: PodSpec): Wanted {
  const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    ...podDemands(spec),
    preferred: preferred.map(({ weight, preference }) => ({
      weight,
      matches: compileNodeSelector({ nodeSelectorTerms: [preference] }),
    })),
  };
}

/** Returns the reasons why the pod does not fit on the node; none when it does. */
function faults(wanted: Wanted, load: NodeLoad, peers: PodPeers | undefined): string[] {
  const fault = nodeFault(wanted, load.node);
  if (fault !== undefined) return [fault];
  const short = roomFaults(wanted, load);
  const apart = short.length > 0 ? undefined : peers?.fault(load.node);
  return apart === undefined ? short : [apart];
}

/**
 * Returns the mean share that would be left of cpu and memory, 0 to 1. Source: scheduler plugin NodeResourcesFit,
 * LeastAllocated.
 */
function shareLeft(wanted: Wanted, { node, pods }: NodeLoad): number {
  const allocatable = allocatableOf(node);
  const shares = (['cpu', 'memory'] as const).map((resource) => {
    const all = allocatable.get(resource) ?? 0;
    if (all === 0) return 0;
    let used = wanted.requests.get(resource) || LEAST_SCORED[resource];
    for (const { spec } of pods) used += (spec && roomDemands(spec).requests.get(resource)) || LEAST_SCORED[resource];
    return Math.max(0, (all - used) / all);
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/**
 * Returns the scores of a node, the most important first: taints to avoid, preferred affinity, free capacity, and the
 * number of pods. Upstream adds these up by weights in which the same order prevails.
 */
function scores(wanted: Wanted, load: NodeLoad): number[] {
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
  return [-avoided.length, liked, shareLeft(wanted, load), -pods.length];
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  for (const [i, score] of a.entries()) if (score !== b[i]) return score > (b[i] ?? 0);
  return false;
}

/**
 * Returns the best of the nodes that the pod fits on; the first of equals. `peers` is what other pods mean for its
 * place. Pure, O(nodes and the pods on them).
 */
export function chooseNode(spec: PodSpec, loads: Iterable<NodeLoad>, peers?: PodPeers): Choice {
  const wanted = compile(spec);
  const reasons = new Map<string, number>();
  let nodes = 0;
  let best: { node: string; score: number[] } | undefined;
  for (const load of loads) {
    nodes += 1;
    const against = faults(wanted, load, peers);
    for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (against.length > 0) continue;
    const score = scores(wanted, load);
    if (!best || isBetter(score, best.score)) best = { node: load.node.metadata?.name ?? '', score };
  }
  return best ? { node: best.node } : { reasons, nodes };
}

/** Returns upstream's message: `0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.` */
export function unavailableMessage({ reasons, nodes }: Extract<Choice, { nodes: number }>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
