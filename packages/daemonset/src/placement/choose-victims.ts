import {
  beyondBudgets,
  type Node,
  type Pod,
  type PodDisruptionBudget,
  type PodSpec,
  type Stored,
} from '@everynode/objects';
import { nodeFault, type PodDemands, podDemands, roomFaults } from './node-fit.js';
import { peerOf } from './pod-affinity.js';
import type { PodPeers } from './pod-peers.js';

/** A node with its whole pods: preemption chooses among them. */
export interface OccupiedNode {
  node: Stored<Node>;
  pods: readonly Stored<Pod>[];
  /** Pods that hold capacity of the node although they are not bound to it yet. */
  claimed: readonly Pick<Pod, 'spec'>[];
}

export interface Preemption {
  node: string;
  /** Pods of lower priority that have to leave; some may be leaving already. */
  victims: Stored<Pod>[];
}

const priorityOf = ({ spec }: Pick<Pod, 'spec'>): number => spec?.priority ?? 0;

/** Orders pods by importance, the least important first: by priority, then the youngest. */
function byImportance(a: Pod, b: Pod): number {
  const difference = priorityOf(a) - priorityOf(b);
  if (difference !== 0) return difference;
  return String(b.status?.startTime ?? '') < String(a.status?.startTime ?? '') ? -1 : 1;
}

/** Pods that would have to leave, and how many of them violate a disruption budget. */
interface Victims {
  pods: Stored<Pod>[];
  violations: number;
}

/** A pod that may preempt, on one node that others have. */
interface Attempt {
  demands: PodDemands;
  occupied: OccupiedNode;
  budgets: readonly Stored<PodDisruptionBudget>[];
  /** What other pods mean for its place; all pods are counted in it before and after. */
  peers: PodPeers | undefined;
}

/**
 * Returns the fewest, and of them the least important, pods of lower priority whose end frees enough capacity, and lets
 * the new pod be where it would be; undefined when none do.
 */
function victimsOn(attempt: Attempt): Victims | undefined {
  const { demands, occupied, peers } = attempt;
  const { node, pods } = occupied;
  if (nodeFault(demands, node) !== undefined) return undefined;
  const priority = priorityOf(demands);
  const lower = pods.filter((pod) => priorityOf(pod) < priority).sort(byImportance);
  if (lower.length === 0) return undefined;
  for (const pod of lower) peers?.take(peerOf(pod), node);
  const victims = fewestOf(attempt, lower, priority);
  // The next node is judged with all pods where they are.
  for (const pod of victims?.pods ?? lower) peers?.put(peerOf(pod), node);
  return victims;
}

/** `lower` are the pods of lower priority, none of which is counted any more; those that may stay are counted again. */
function fewestOf(
  { demands, occupied, budgets, peers }: Attempt,
  lower: Stored<Pod>[],
  priority: number,
): Victims | undefined {
  const { node, pods, claimed } = occupied;
  const staying: Pick<Pod, 'spec'>[] = [...pods.filter((pod) => priorityOf(pod) >= priority), ...claimed];
  const fits = (): boolean =>
    roomFaults(demands, { node, pods: staying }).length === 0 && peers?.fault(node) === undefined;
  if (!fits()) return undefined;
  // Pods whose end would violate a budget are kept first, then the most important ones, as long as the new pod still
  // fits.
  const important = [...lower].reverse();
  const guarded = beyondBudgets(important, budgets);
  const victims: Stored<Pod>[] = [];
  for (const pod of [...guarded, ...important.filter((each) => !guarded.has(each))]) {
    staying.push(pod);
    peers?.put(peerOf(pod), node);
    if (fits()) continue;
    staying.pop();
    peers?.take(peerOf(pod), node);
    victims.push(pod);
  }
  return { pods: victims, violations: victims.filter((pod) => guarded.has(pod)).length };
}

type Cost = [violations: number, highestPriority: number, count: number];

function isLess(a: Cost, b: Cost): boolean {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

/**
 * Returns the node where a pod may preempt others: the one with the fewest violated disruption budgets, then the one
 * whose most important victim is the least important, then the one with the fewest victims. Budgets are considered, not
 * obeyed, as upstream. Pure. Source: scheduler framework, preemption, pickOneNodeForPreemption and
 * filterPodsWithPDBViolation.
 */
export function chooseVictims(
  spec: PodSpec,
  nodes: Iterable<OccupiedNode>,
  budgets: readonly Stored<PodDisruptionBudget>[] = [],
  peers?: PodPeers,
): Preemption | undefined {
  if ((spec as { preemptionPolicy?: string }).preemptionPolicy === 'Never') return undefined;
  const demands = podDemands(spec);
  let best: (Preemption & { cost: Cost }) | undefined;
  for (const occupied of nodes) {
    const found = victimsOn({ demands, occupied, budgets, peers });
    if (!found?.pods.length) continue;
    const { pods: victims, violations } = found;
    const cost: Cost = [violations, Math.max(...victims.map(priorityOf)), victims.length];
    if (best && !isLess(cost, best.cost)) continue;
    best = { node: occupied.node.metadata.name, victims, cost };
  }
  return best && { node: best.node, victims: best.victims };
}
