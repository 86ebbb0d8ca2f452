import { explainDaemonSet } from '@everynode/daemonset';
import type { DaemonSet, Stored } from '@everynode/objects';
import type { DaemonSetLoop } from './daemonset-loop.js';
import type { VirtualCluster } from './virtual-cluster.js';

/** Words that differ from node to node stand for one reason. */
const withoutNames = (reason: string): string =>
  reason.replace(/the pod \S+ is/, 'the pod is').replace(/ is used by .*/, ' is used by other nodes');

/** The nodes that wait now, each with the reason that explain has for it. Costs O(nodes). */
export function blockedNodes(
  cluster: VirtualCluster,
  loop: DaemonSetLoop,
  daemonSet: Stored<DaemonSet>,
  key: string,
  now: number,
): { node: string; reason: string }[] {
  const state = loop.stateOf(key);
  if (!state) return [];
  const podsByNode = new Map<string, ReturnType<typeof podsOf>>();
  for (const node of state.pods.nodes()) podsByNode.set(node, podsOf(node));
  function podsOf(node: string) {
    return state?.pods.on(node).map(({ object }) => object) ?? [];
  }
  const said = explainDaemonSet({
    daemonSet,
    nodes: Array.from(cluster.nodes(), ({ object }) => object),
    podsByNode,
    currentHash: state.currentHash,
    now,
    loadOf: (node) => ({ node, pods: cluster.occupants(node.metadata?.name ?? '') }),
  });
  return said.flatMap(({ node, outcome, reason }) =>
    outcome === 'wait' ? [{ node, reason: withoutNames(reason) }] : [],
  );
}
