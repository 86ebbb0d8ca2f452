import type { ClusterReplay } from '@everynode/history-checker';

/** What an agent says itself: `/pods` of its health port. */
export interface AgentPods {
  agent: string;
  nodes: string[];
  pods: { uid: string; key: string; node: string; state: string }[];
}

/**
 * The agents run exactly the store's pods, each agent those of its nodes, and each pod is as ready there as its status
 * says. Every node has one agent. Returns what is wrong first, or undefined.
 */
export function troubleOfAgents(agents: readonly AgentPods[], replay: ClusterReplay): string | undefined {
  const hosts = new Map<string, string>();
  for (const { agent, nodes } of agents) {
    for (const node of nodes) {
      const other = hosts.get(node);
      if (other !== undefined) return `${node} is hosted by ${other} and by ${agent}`;
      hosts.set(node, agent);
    }
  }
  const alone = [...replay.nodes.keys()].find((node) => !hosts.has(node));
  if (alone !== undefined) return `${alone} is hosted by no agent`;
  for (const one of agents) {
    const trouble = troubleOfAgent(one, replay, hosts);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function troubleOfAgent(
  { agent, pods }: AgentPods,
  replay: ClusterReplay,
  hosts: ReadonlyMap<string, string>,
): string | undefined {
  const running = new Map(pods.map((pod) => [pod.uid, pod]));
  for (const { uid, key, node } of pods) {
    const stored = replay.pods.get(uid);
    if (stored === undefined) return `${agent} runs ${key} on ${node}, which the store does not have`;
    if (stored.node !== node) return `${agent} runs ${key} on ${node}, and the store has it on ${stored.node}`;
  }
  for (const { uid, key, node, ready } of replay.pods.values()) {
    if (hosts.get(node) !== agent) continue;
    const pod = running.get(uid);
    if (pod === undefined) return `${agent} does not run ${key} on ${node}`;
    if ((pod.state === 'ready') !== ready) {
      return `${key} is ${pod.state} at ${agent}, and its status says that it is ${ready ? '' : 'not '}ready`;
    }
  }
  return undefined;
}
