import { join } from 'node:path';
import { type Joining, joinCluster, keepRenewed } from '@everynode/agent-identity';
import { checkoutState } from './checkout.js';
import { runAgent } from './run-agent.js';
import { wantedNodes } from './wanted-nodes.js';

export interface JoinFlags {
  server: string;
  token: string;
  caHash: string;
  name?: string;
  nodes?: string[];
  nodesFile?: string;
  directory?: string;
  /** In ms. */
  lifetime: number;
  identityOnly: boolean;
  renew: boolean;
}

type JoinedDirectory = Awaited<ReturnType<typeof joinCluster>>;

/**
 * Joins a cluster and runs its node until a signal ends it, renewing the identity in time. With `identityOnly` it only
 * says where the identity is, and with `renew` stays to renew that. Returns the exit code.
 */
export async function joinAsAgent(flags: JoinFlags): Promise<number> {
  const { server, token, caHash, identityOnly, renew, nodesFile } = flags;
  const wanted = wantedNodes(flags);
  if (!identityOnly && nodesFile === undefined && wanted.nodes.some((name) => name.endsWith('*'))) {
    throw new Error('--nodes with a beginning of names needs --nodes-file, which says which nodes the agent hosts');
  }
  const lifetimeSeconds = Math.floor(flags.lifetime / 1000);
  const directory = flags.directory ?? join(checkoutState().root, 'identities', wanted.agent);
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  const { signal } = stopping;
  const joining: Joining = {
    server,
    token,
    caHash,
    agent: wanted.agent,
    nodeNames: wanted.nodes,
    directory,
    lifetimeSeconds,
  };
  const joined = await joinCluster(joining, signal);
  const { notAfter } = await joined.read();
  print(`${wanted.agent} has joined ${server}; its certificate is valid until ${timeOf(notAfter)}`);
  print(`kubeconfig: ${joined.kubeconfig}`);
  const renewal = () => renewUntil(joined, lifetimeSeconds, signal);
  if (identityOnly) {
    if (renew) await renewal();
    return 0;
  }
  void renewal();
  return await runAgent(joined, { agent: wanted.agent, nodes: wanted.nodes, nodesFile }, signal);
}

async function renewUntil(joined: JoinedDirectory, lifetimeSeconds: number, signal: AbortSignal): Promise<void> {
  const onRenewed = (end: number) => print(`renewed the certificate, which is valid until ${timeOf(end)}`);
  const onFailure = (error: unknown) =>
    process.stderr.write(`not renewed yet: ${error instanceof Error ? error.message : String(error)}\n`);
  await keepRenewed(joined, { lifetimeSeconds, onRenewed, onFailure }, signal);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const timeOf = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
