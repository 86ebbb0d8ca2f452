import { AgentDirectory } from './agent-directory.js';
import { discoverAuthority } from './discover-authority.js';
import { endOf } from './ended-identity.js';
import { requestCertificate } from './request-certificate.js';

export interface Joining {
  server: string;
  token: string;
  /** `sha256:…` of the public key of the cluster's authority. */
  caHash: string;
  /** Its name, and that of its node. */
  agent: string;
  /** What it is to host in place of the node of its name, as names or `prefix*`. */
  nodeNames?: readonly string[];
  directory: string;
  lifetimeSeconds: number;
}

/**
 * Gets an identity for an agent, and writes its files. An identity that is there and still holds is kept: with another
 * key the agent would be another machine. @throws Error that says what is refused.
 */
export async function joinCluster(joining: Joining, signal: AbortSignal): Promise<AgentDirectory> {
  const { server, token, caHash, agent, nodeNames = [], lifetimeSeconds } = joining;
  const directory = new AgentDirectory(joining.directory);
  await directory.prepare();
  if (await holds(directory, server)) return directory;
  const ca = await discoverAuthority(server, token, caHash);
  const wanted = { agent, nodeNames, directory, lifetimeSeconds };
  const answer = await requestCertificate({ server, ca, token }, wanted, signal);
  await directory.describeCluster(server, ca);
  await directory.keep(answer);
  return directory;
}

/** False where there is no identity, or it has ended: its time is over, or its node was deleted. */
async function holds(directory: AgentDirectory, server: string): Promise<boolean> {
  const identity = await directory.read().catch(() => undefined);
  if (!identity || (await directory.server()) !== server) return false;
  return (await endOf(directory)) === undefined;
}
