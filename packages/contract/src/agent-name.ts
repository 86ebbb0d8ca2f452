const AGENT_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** An agent's name is one token of a subject and its user name on the bus: a DNS label. */
export function isAgentName(name: string): boolean {
  return AGENT_NAME.test(name);
}
