import { inboxPrefix, isAgentName, sentBy, subjects } from '@everynode/contract';

/** Subjects that an agent may publish to and subscribe to. */
export interface Fence {
  publish: string[];
  subscribe: string[];
}

/**
 * What a credential of `agent` allows: its own reports, heartbeats, questions and tunnels; and its own commands,
 * receipts and replies. Nothing of JetStream: a report reaches its stream by an import of the agent's account.
 *
 * @throws Error when it is not the name of an agent: another text could widen the fence.
 */
export function agentFence(agent: string): Fence {
  if (!isAgentName(agent)) throw new Error(`not an agent name: ${JSON.stringify(agent)}`);
  return {
    publish: [...sentBy(agent), subjects.tunnelUp(agent, '*')],
    subscribe: [
      `${inboxPrefix(agent)}.>`,
      subjects.commandsOf(agent),
      subjects.receiptsOf(agent),
      subjects.tunnelsDownTo(agent),
    ],
  };
}
