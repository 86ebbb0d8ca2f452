import type { DaemonSet, Node, Pod } from '@everynode/objects';
import { claimOf } from '@everynode/workloads';
import { assessNode } from '../assessment/assessment.js';
import { compileDaemonSet } from '../placement/eligibility.js';
import { targetNodeOf } from '../placement/node-affinity.js';
import { decideRollout } from '../rollout/rollout-decision.js';
import { RolloutLedger } from '../rollout/rollout-ledger.js';

/** A cluster as the cases describe it. */
export interface ClusterGiven {
  daemonSet: DaemonSet;
  nodes: Node[];
  pods: Pod[];
  currentHash: string;
  now?: string;
  nodesInBackoff?: string[];
}

/** A full reconcile: assesses every node into an empty ledger. */
export function ledgerOf(given: ClusterGiven): RolloutLedger {
  const compiled = compileDaemonSet(given.daemonSet);
  const pods = new Map<string, Pod[]>();
  for (const pod of given.pods) {
    const claim = claimOf(given.daemonSet, pod);
    const node = targetNodeOf(pod);
    if ((claim === 'own' || claim === 'adopt') && node !== undefined) pods.set(node, [...(pods.get(node) ?? []), pod]);
  }
  const nodes = new Map(given.nodes.map((node) => [node.metadata?.name ?? '', node]));
  const ledger = new RolloutLedger();
  for (const name of new Set([...nodes.keys(), ...pods.keys()])) {
    ledger.set(
      name,
      assessNode(compiled, {
        node: nodes.get(name),
        pods: pods.get(name) ?? [],
        currentHash: given.currentHash,
        now: Date.parse(given.now ?? '2100-01-01T00:00:00Z'),
        inBackoff: given.nodesInBackoff?.includes(name) ?? false,
      }),
    );
  }
  return ledger;
}

export const nameOf = (pod: Pod): string => pod.metadata?.name ?? '';
const EVENTS = { failed: 'FailedDaemonPod', succeeded: 'SucceededDaemonPod' } as Record<string, string>;

/** What the controller creates and deletes outside a rollout. */
export function manage(given: ClusterGiven) {
  const assessed = [...ledgerOf(given).nodes()];
  const deletes = assessed.flatMap(([, assessment]) => assessment.deletes);
  return {
    createOnNodes: assessed.flatMap(([node, { create }]) => (create ? [node] : [])),
    deletePods: deletes.map(({ pod }) => nameOf(pod)),
    deleteCount: deletes.length,
    events: deletes.flatMap(({ reason }) => EVENTS[reason] ?? []),
  };
}

/** Compares a rollout with the counts and names that it may choose from; returns `expect` when it agrees. */
export function rollout(
  given: ClusterGiven,
  expected: {
    deleteCount: number;
    mustDelete: string[];
    mayDelete: string[];
    createCount: number;
    mustCreateOnNodes: string[];
    mayCreateOnNodes: string[];
  },
) {
  const { deletes, createOn } = decideRollout(ledgerOf(given), given.daemonSet.spec?.updateStrategy);
  const names = deletes.map(({ pod }) => nameOf(pod));
  const within = (got: string[], must: string[], may: string[]): boolean =>
    must.every((name) => got.includes(name)) && got.every((name) => must.includes(name) || may.includes(name));
  const holds =
    within(names, expected.mustDelete, expected.mayDelete) &&
    within(createOn, expected.mustCreateOnNodes, expected.mayCreateOnNodes);
  return holds ? { ...expected, deleteCount: names.length, createCount: createOn.length } : { names, createOn };
}
