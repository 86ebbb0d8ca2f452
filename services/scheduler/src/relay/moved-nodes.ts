import { isChangeOf, type ObjectChange } from '@everynode/list-watch';

/**
 * The agents that lose or get a node by these changes. An administrator moves nodes while both run: the former agent
 * has to end what runs there, the other one to begin. Pure.
 */
export function agentsOfMovedNodes(changes: readonly ObjectChange[]): Set<string> {
  const agents = new Set<string>();
  for (const change of changes) {
    if (!isChangeOf(change, 'nodes') || change.type !== 'MODIFIED' || !change.previous) continue;
    const [before, after] = [change.previous.record.placement, change.current.record.placement];
    if (before === after) continue;
    for (const agent of [before, after]) if (agent !== null) agents.add(agent);
  }
  return agents;
}
