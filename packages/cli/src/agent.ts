import { hostname } from 'node:os';
import { join } from 'node:path';
import { joinCluster, keepRenewed } from '@everynode/agent-identity';
import { checkoutState } from './checkout.js';

export interface JoinFlags {
  server: string;
  token: string;
  caHash: string;
  name?: string;
  nodes?: string[];
  directory?: string;
  /** In ms. */
  lifetime: number;
  renew: boolean;
}

/** Joins a cluster, and says where the identity is. With `renew` it stays, and renews the certificate in time. */
export async function joinAsAgent(flags: JoinFlags): Promise<void> {
  const { server, token, caHash, nodes = [], lifetime, renew } = flags;
  const agent = flags.name ?? hostname().toLowerCase();
  const directory = flags.directory ?? join(checkoutState().root, 'identities', agent);
  const lifetimeSeconds = Math.floor(lifetime / 1000);
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  const joining = { server, token, caHash, agent, nodeNames: nodes, directory, lifetimeSeconds };
  const joined = await joinCluster(joining, stopping.signal);
  const { notAfter } = await joined.read();
  print(`${agent} has joined ${server}; its certificate is valid until ${timeOf(notAfter)}`);
  print(`kubeconfig: ${joined.kubeconfig}`);
  if (!renew) return;
  const onRenewed = (end: number) => print(`renewed the certificate, which is valid until ${timeOf(end)}`);
  const onFailure = (error: unknown) =>
    process.stderr.write(`not renewed yet: ${error instanceof Error ? error.message : String(error)}\n`);
  await keepRenewed(joined, { lifetimeSeconds, onRenewed, onFailure }, stopping.signal);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const timeOf = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
