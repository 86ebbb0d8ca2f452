import type { JournalEntry, PodAssigned, PodTerminating } from '@everynode/contract';
import { recordToJson } from '@everynode/objects';

type Terminating = PodTerminating['pods'][number];

/** The commands to one agent that follow from a run of journal entries. Assigned pods are JSON text. */
export interface AgentCommands {
  agent: string;
  assigned: string[];
  terminating: Terminating[];
}

/**
 * Returns the commands that follow from journal entries. `agentOf` may be behind the entries: an agent that brings a
 * node asks for the pods that were assigned to it, so nothing is lost.
 */
export function commandsFrom(
  entries: readonly JournalEntry[],
  agentOf: (node: string) => string | undefined,
): AgentCommands[] {
  const byAgent = new Map<string, AgentCommands>();
  const nodes = new Map<string, string>();
  const commandsOf = (agent: string): AgentCommands => {
    let commands = byAgent.get(agent);
    if (!commands) {
      commands = { agent, assigned: [], terminating: [] };
      byAgent.set(agent, commands);
    }
    return commands;
  };
  for (const entry of entries) {
    if (entry.resource === 'nodes') {
      // A deleted node keeps its entry: its agent has still to receive that the node's pods are gone.
      if (entry.type !== 'DELETED' && entry.placement !== null) nodes.set(entry.name, entry.placement);
      continue;
    }
    if (entry.resource !== 'pods' || entry.placement === null) continue;
    const agent = nodes.get(entry.placement) ?? agentOf(entry.placement);
    // A pod on a node without an agent waits there until an agent brings the node, and asks.
    if (agent === undefined) continue;
    if (entry.type === 'DELETED') commandsOf(agent).terminating.push(terminatingOf(entry, true));
    else if (entry.deleting) {
      if (entry.changed.metadata) commandsOf(agent).terminating.push(terminatingOf(entry, false));
    } else if (entry.type === 'ADDED' || entry.changed.metadata || entry.changed.desired || mayTurnReady(entry)) {
      commandsOf(agent).assigned.push(recordToJson(entry, 'v1', 'Pod'));
    }
  }
  return [...byAgent.values()];
}

/** Whether others may have set a condition that the pod's readiness waits for. */
function mayTurnReady({ changed, desired }: JournalEntry): boolean {
  return changed.observed && desired.includes('"readinessGates"');
}

function terminatingOf(entry: JournalEntry, gone: boolean): Terminating {
  return {
    namespace: entry.namespace,
    name: entry.name,
    uid: entry.uid,
    node: entry.placement ?? '',
    graceSeconds: gone ? 0 : graceSecondsOf(entry),
    gone,
  };
}

function graceSecondsOf({ metadata }: JournalEntry): number {
  const { deletionGracePeriodSeconds } = JSON.parse(metadata) as { deletionGracePeriodSeconds?: number };
  return deletionGracePeriodSeconds ?? 0;
}

/** The body of `pod-assigned`, joined from text. */
export function assignedBody(revision: PodAssigned['revision'], pods: string[]): string {
  return `{"revision":${revision},"pods":[${pods.join(',')}]}`;
}
