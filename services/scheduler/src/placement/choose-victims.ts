import { nodeFault, type PodDemands, podDemands, roomFaults } from '@everynode/daemonset';
import type { Node, Pod, PodSpec } from 'kubernetes-types/core/v1.js';

/** A node with its pods as they are: it is for them that this asks. */
export interface OccupiedNode {
  node: Node;
  pods: readonly Pod[];
  /** What pods that have no node yet were promised here. */
  promised: readonly Pick<Pod, 'spec'>[];
}

export interface Preemption {
  node: string;
  /** Pods that have to go, of lower priority; some may be going already. */
  victims: Pod[];
}

const priorityOf = ({ spec }: Pick<Pod, 'spec'>): number => spec?.priority ?? 0;

/** The least important first: by priority, then the youngest. */
function byImportance(a: Pod, b: Pod): number {
  const difference = priorityOf(a) - priorityOf(b);
  if (difference !== 0) return difference;
  return String(b.status?.startTime ?? '') < String(a.status?.startTime ?? '') ? -1 : 1;
}

/** The fewest, and of them the least important, pods of lower priority whose end makes room; undefined if none do. */
function victimsOn(demands: PodDemands, { node, pods, promised }: OccupiedNode): Pod[] | undefined {
  if (nodeFault(demands, node) !== undefined) return undefined;
  const priority = priorityOf(demands);
  const lower = pods.filter((pod) => priorityOf(pod) < priority).sort(byImportance);
  const staying: Pick<Pod, 'spec'>[] = [...pods.filter((pod) => priorityOf(pod) >= priority), ...promised];
  const fits = (): boolean => roomFaults(demands, { node, pods: staying }).length === 0;
  if (lower.length === 0 || !fits()) return undefined;
  // The most important are let live first, as long as the pod still fits.
  const victims: Pod[] = [];
  for (const pod of lower.reverse()) {
    staying.push(pod);
    if (fits()) continue;
    staying.pop();
    victims.push(pod);
  }
  return victims;
}

/**
 * Where a pod may take the room of others: the node whose most important victim is the least important, then the one with
 * the fewest. Pure. Source: scheduler framework, preemption, pickOneNodeForPreemption; disruption budgets are not counted.
 */
export function chooseVictims(spec: PodSpec, nodes: Iterable<OccupiedNode>): Preemption | undefined {
  if ((spec as { preemptionPolicy?: string }).preemptionPolicy === 'Never') return undefined;
  const demands = podDemands(spec);
  let best: (Preemption & { cost: [highest: number, count: number] }) | undefined;
  for (const occupied of nodes) {
    const victims = victimsOn(demands, occupied);
    if (!victims?.length) continue;
    const cost: [number, number] = [Math.max(...victims.map(priorityOf)), victims.length];
    if (best && (cost[0] > best.cost[0] || (cost[0] === best.cost[0] && cost[1] >= best.cost[1]))) continue;
    best = { node: occupied.node.metadata?.name ?? '', victims, cost };
  }
  return best && { node: best.node, victims: best.victims };
}
