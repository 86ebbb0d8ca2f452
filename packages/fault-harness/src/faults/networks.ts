import { missingForNetworks } from '../cluster/agent-networks.js';
import { now } from '../record/clock.js';
import type { Fault } from './fault.js';
import { namesOf } from './processes.js';

/** Longer than a run's grace period for nodes: node lifecycle takes them for lost. */
const LOST_MS = 24_000;
const LOOK_EVERY_MS = 200;

function partitioned(name: string, about: string, reach: 'one' | 'all'): Fault {
  return {
    name,
    about,
    holdMs: [LOST_MS, 60_000],
    leastMs: LOST_MS,
    isDefault: true,
    isShort: true,
    // Only a change of nodes in the store shows that node lifecycle has acted.
    touches: ['agent', 'nats', 'postgres', 'scheduler'],
    missing: missingForNetworks,
    needsNamespaces: true,
    async inject({ cluster, nodesAway, random }) {
      const { networks } = cluster;
      if (networks === undefined) throw new Error('the agents do not run in network namespaces');
      const agents = await namesOf(cluster, 'agent-');
      const cut = reach === 'one' ? [random.pick(agents)] : agents;
      for (const agent of cut) await networks.setLink(agent, 'down');
      const strikes: number[] = [];
      const look = setInterval(() => {
        if (strikes.length === 0 && nodesAway().length > 0) strikes.push(now());
      }, LOOK_EVERY_MS);
      const heal = async (): Promise<void> => {
        clearInterval(look);
        for (const agent of cut) await networks.setLink(agent, 'up');
      };
      return { target: cut.join(' '), strikes, heal };
    },
  };
}

export const networkFaults: readonly Fault[] = [
  partitioned('partition-agent', 'the link of one agent to the bus is down until its nodes are taken for lost', 'one'),
  partitioned(
    'partition-agents',
    'the links of all agents to the bus are down until all nodes are taken for lost',
    'all',
  ),
];
