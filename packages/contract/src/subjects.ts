import type { ResourceName } from '@everynode/objects';
import { isAgentName } from './agent-name.js';

/**
 * Every NATS subject of Everynode.
 *
 * The agent stands before the direction and the event, so that the permissions of an agent and the imports of its
 * account on the bus name no other agent, and one wildcard filter serves an agent that hosts thousands of nodes.
 * Messages carry many items, so the node is in the item and not in the subject; ingest refuses an item for a node that
 * the subject's agent does not host.
 */
const ROOT = 'everynode.v1';

/** What an agent reports: kept until a scheduler has ingested it. */
export const AGENT_REPORTS = ['node-registered', 'pod-status'] as const;
/** Commands to an agent. */
export const AGENT_COMMANDS = ['pod-assigned', 'pod-terminating'] as const;
/**
 * What an agent asks, by request and reply, outside the streams. Any scheduler answers; tokens come from an api, which
 * has the key that signs them.
 */
export const AGENT_REQUESTS = [
  'list-pods',
  'fetch-pods',
  'find-missing',
  'fetch-objects',
  'issue-token',
  'take-incarnation',
] as const;
/** What an agent is told of its reports and heartbeats, outside the streams. */
export const AGENT_RECEIPTS = ['report-stored', 'nodes-unhosted'] as const;

export type AgentReport = (typeof AGENT_REPORTS)[number];
export type AgentCommand = (typeof AGENT_COMMANDS)[number];
export type AgentRequest = (typeof AGENT_REQUESTS)[number];
type AgentReceipt = (typeof AGENT_RECEIPTS)[number];

function agentRoot(agent: string): string {
  if (agent !== '*' && !isAgentName(agent)) throw new Error(`not an agent name: ${JSON.stringify(agent)}`);
  return `${ROOT}.agent.${agent}`;
}

/**
 * The agent that sent a message on an agent subject: its credential allows it no other. Undefined for other subjects.
 */
export function agentOfSubject(subject: string): string | undefined {
  const tokens = subject.split('.');
  const agent = tokens[3];
  return tokens[2] === 'agent' && agent !== undefined && isAgentName(agent) ? agent : undefined;
}

export const subjects = {
  /** Object changes of all kinds, many to a message, in revision order. */
  objectsChanged: `${ROOT}.journal.objects-changed`,
  /** One desired state that was created, changed or removed. */
  manifestApplied: (resource: ResourceName, namespace: string): string =>
    `${ROOT}.manifest.manifest-applied.${resource.replaceAll('.', '-')}.${namespace === '' ? '_' : namespace}`,
  allManifests: `${ROOT}.manifest.manifest-applied.>`,
  report: (agent: string, event: AgentReport): string => `${agentRoot(agent)}.report.${event}`,
  allReports: `${agentRoot('*')}.report.>`,
  /** Filter for all reports of one agent, or of any (`*`). */
  reportsOf: (agent: string): string => `${agentRoot(agent)}.report.>`,
  /** `part` numbers the messages of an agent that hosts more nodes than one message names. */
  heartbeat: (agent: string, part: number): string => `${agentRoot(agent)}.liveness.node-heartbeat.${part}`,
  /**
   * The heartbeat of a process that hosts no nodes, and hears by it whether heartbeats come through. The name cannot be
   * that of an agent. `process` is one token of a subject.
   */
  ownHeartbeat: (process: string): string => `${ROOT}.agent._${process}.liveness.node-heartbeat.0`,
  /** Filter for all heartbeats of one agent, or of any (`*`). */
  heartbeatsOf: (agent: string): string => `${agentRoot(agent)}.liveness.node-heartbeat.*`,
  allHeartbeats: `${agentRoot('*')}.liveness.node-heartbeat.*`,
  /** Where JetStream's answers go when a service asks for the list of streams: all services read them. */
  streamsListed: `${ROOT}.streams-listed`,
  /** Apis tell each other that an agent was revoked, outside the streams. */
  agentRevoked: `${ROOT}.agent-revoked`,
  command: (agent: string, event: AgentCommand): string => `${agentRoot(agent)}.command.${event}`,
  /** Filter for all commands to one agent. */
  commandsOf: (agent: string): string => `${agentRoot(agent)}.command.>`,
  allCommands: `${agentRoot('*')}.command.>`,
  request: (agent: string, question: AgentRequest): string => `${agentRoot(agent)}.request.${question}`,
  /** Filter for all that one agent, or any (`*`), asks. */
  requestsOf: (agent: string): string => `${agentRoot(agent)}.request.>`,
  receipt: (agent: string, event: AgentReceipt): string => `${agentRoot(agent)}.receipt.${event}`,
  /** Filter for all that one agent, or any (`*`), is told of its reports. */
  receiptsOf: (agent: string): string => `${agentRoot(agent)}.receipt.>`,
  /** Asks an agent for a tunnel, outside the streams. */
  tunnelWanted: (agent: string): string => `${agentRoot(agent)}.tunnel-down.wanted`,
  /** Frames of tunnels from one process of the api to an agent. */
  tunnelDown: (agent: string, process: string): string => `${agentRoot(agent)}.tunnel-down.frames.${process}`,
  /** Filter for all that one agent, or any (`*`), receives of tunnels. */
  tunnelsDownTo: (agent: string): string => `${agentRoot(agent)}.tunnel-down.>`,
  /** Frames of tunnels from an agent to one process of the api; `*` stands for any agent or process. */
  tunnelUp: (agent: string, process: string): string => `${agentRoot(agent)}.tunnel-up.${process}`,
  /** Filter on one question from any agent. */
  allRequests: (question: AgentRequest): string => `${agentRoot('*')}.request.${question}`,
} as const;

/** An agent's heartbeat has at most so many parts. */
const HEARTBEAT_PARTS = 16;

/**
 * Every subject on which an agent sends, without wildcards: it makes up no others, which streams would keep. Frames of
 * tunnels are not among them; no stream keeps those.
 */
export function sentBy(agent: string): string[] {
  return [
    ...AGENT_REPORTS.map((event) => subjects.report(agent, event)),
    ...Array.from({ length: HEARTBEAT_PARTS }, (_, part) => subjects.heartbeat(agent, part)),
    ...AGENT_REQUESTS.map((question) => subjects.request(agent, question)),
  ];
}

/**
 * True when an answer to a request of `agent` may be sent to `reply`: a subject that the server made up because the
 * request came from another account, or the agent's own inbox. An answer to any other subject would be published with
 * the rights of the one that answers.
 */
export function isReplyTo(agent: string, reply: string): boolean {
  return reply.startsWith('_R_.') || reply.startsWith(`${inboxPrefix(agent)}.`);
}

/** The subject prefix of the replies to an agent: its own, so that no agent reads another agent's replies. */
export function inboxPrefix(agent: string): string {
  return `_INBOX_${agent}`;
}
