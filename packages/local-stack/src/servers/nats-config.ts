import { inboxPrefix, isAgentName, streams, subjects } from '@everynode/contract';

/** The user of the services. No agent may have this name. */
export const SERVICES_USER = 'everynode';

/** A user of the bus. */
export interface NatsUser {
  user: string;
  password: string;
}

/** Subjects that an agent may publish to and read. One credential is for one agent, and for no other. */
export interface Fence {
  publish: string[];
  subscribe: string[];
}

/**
 * What the credential of `agent` allows: its own subjects, its own inbox, and reading its own commands from the stream.
 * The consumer may only be made with a filter for the agent's commands: JetStream (2.9 and later) holds the filter
 * in the request's body against the one in its subject, so an agent cannot read the commands of others.
 */
export function agentFence(agent: string): Fence {
  if (!isAgentName(agent) || agent === SERVICES_USER) throw new Error(`not an agent name: ${JSON.stringify(agent)}`);
  const own = `everynode.v1.agent.${agent}.>`;
  const commands = streams.commands.name;
  return {
    publish: [
      own,
      '$JS.API.INFO',
      '$JS.API.STREAM.NAMES',
      `$JS.API.STREAM.INFO.${commands}`,
      `$JS.API.CONSUMER.CREATE.${commands}.*.${subjects.commandsOf(agent)}`,
      `$JS.API.CONSUMER.INFO.${commands}.>`,
      `$JS.API.CONSUMER.DELETE.${commands}.>`,
      `$JS.API.CONSUMER.MSG.NEXT.${commands}.>`,
      `$JS.ACK.${commands}.>`,
      '$JS.FC.>',
    ],
    subscribe: [`${inboxPrefix(agent)}.>`, own],
  };
}

const quoted = (text: string) => JSON.stringify(text);
const list = (subjects: string[]) => `[${subjects.map(quoted).join(', ')}]`;

/** The include file that lists all users: the services' one, which may do everything, and one for each agent. */
export function usersConfig(services: NatsUser, agents: readonly NatsUser[]): string {
  const lines = agents.map(({ user, password }) => {
    const fence = agentFence(user);
    const permissions = `{ publish: ${list(fence.publish)}, subscribe: ${list(fence.subscribe)} }`;
    return `  { user: ${quoted(user)}, password: ${quoted(password)}, permissions: ${permissions} }`;
  });
  const all = `  { user: ${quoted(services.user)}, password: ${quoted(services.password)} }`;
  return `users: [\n${[all, ...lines].join('\n')}\n]\n`;
}

/** The server's file. Includes are relative to it. Understood by nats-server 2.9 and later. */
export function serverConfig(options: { port: number; storeDir: string; pidFile: string; usersFile: string }): string {
  return [
    `listen: "127.0.0.1:${options.port}"`,
    'server_name: "everynode"',
    `pid_file: ${quoted(options.pidFile)}`,
    'max_payload: 8MB',
    // A slow reader of a burst at ten thousand nodes is no reason to cut it off.
    'max_pending: 256MB',
    'write_deadline: "30s"',
    'ping_interval: "20s"',
    'logtime: true',
    `jetstream { store_dir: ${quoted(options.storeDir)}, max_memory_store: 1GB, max_file_store: 10GB }`,
    `authorization { include ${quoted(options.usersFile)} }`,
    '',
  ].join('\n');
}
