import { join } from 'node:path';
import { IdentityFiles } from '@everynode/agent-identity/identity-files';
import type { Taint } from '@everynode/local-stack/control';
import { checkoutState } from './checkout.js';
import { IdentityKeeper } from './identity-keeper.js';
import { runAgent } from './run-agent.js';
import { stoppedBySignal } from './stop-signals.js';
import { wantedNodes } from './wanted-nodes.js';

export interface JoinFlags {
  server: string;
  token: string;
  caHash: string;
  name?: string;
  nodes?: string[];
  nodesFile?: string;
  directory?: string;
  runtime: string;
  label?: Record<string, string>;
  taint?: Taint[];
  startupTaint?: Taint[];
  state?: string;
  image?: string;
  hostRoot?: string;
  evictionHard?: string;
  drain: boolean;
  /** In ms. */
  lifetime: number;
  identityOnly: boolean;
  renew: boolean;
}

/**
 * Joins a cluster and runs its node until a signal ends it, renewing the identity in time. With `identityOnly` it only
 * says where the identity is, and with `renew` stays to renew that. Returns the exit code; does not end once the
 * agent runs in this process, which ends with it.
 */
export async function joinAsAgent(flags: JoinFlags): Promise<number> {
  const { server, token, caHash, identityOnly, renew, nodesFile, lifetime } = flags;
  const wanted = wantedNodes(flags);
  if (!identityOnly && nodesFile === undefined && wanted.nodes.some((name) => name.endsWith('*'))) {
    throw new Error('--nodes with a beginning of names needs --nodes-file, which says which nodes the agent hosts');
  }
  const directory = flags.directory ?? join(checkoutState().root, 'identities', wanted.agent);
  const stopping = stoppedBySignal();
  const { signal } = stopping;
  const joining = { server, token, caHash, agent: wanted.agent, nodeNames: wanted.nodes };
  if (identityOnly) {
    const { holdIdentity } = await import('./hold-identity.js');
    return holdIdentity({ ...joining, directory, lifetimeSeconds: Math.floor(lifetime / 1000) }, renew, stopping);
  }
  const keeper = new IdentityKeeper(directory, lifetime, stopping);
  const code = await keeper.join(joining);
  if (code !== 0 || signal.aborted) return code;
  void keeper.keep();
  const { runtime, state, image, hostRoot, evictionHard, drain, label, taint, startupTaint } = flags;
  const described = { labels: label, taints: taint, startupTaints: startupTaint };
  const hosted = { agent: wanted.agent, nodes: wanted.nodes, nodesFile, ...described };
  const settings = { runtime, state, images: image, hostRoots: hostRoot, evictionHard, drain };
  return runAgent(new IdentityFiles(directory), { ...hosted, settings }, signal, () => void keeper.look());
}
