import { hostname } from 'node:os';
import { isAgentName } from '@everynode/contract/agent-name';

interface NamesFlags {
  name?: string;
  nodes?: string[];
  identityOnly: boolean;
}

/**
 * The name of the agent and the nodes that it hosts. An agent's name is a DNS label on the bus; an identity alone is
 * for a program that knows its node by the whole name, as a kubelet does. @throws Error for a name that is none.
 */
export function wantedNodes({ name = hostname().toLowerCase(), nodes, identityOnly }: NamesFlags): {
  agent: string;
  nodes: string[];
} {
  const label = name.replaceAll('.', '-');
  if (!isAgentName(label)) throw new Error(`not a name for a node: ${JSON.stringify(name)}; give another --name`);
  return { agent: identityOnly ? name : label, nodes: nodes ?? [name] };
}
