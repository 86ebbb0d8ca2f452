import { AgentDirectory } from './agent-directory.js';
import { discoverAuthority } from './discover-authority.js';
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

/** Gets an identity for an agent, and writes its files. @throws Error that says what is refused. */
export async function joinCluster(joining: Joining, signal: AbortSignal): Promise<AgentDirectory> {
  const { server, token, caHash, agent, nodeNames = [], lifetimeSeconds } = joining;
  const directory = new AgentDirectory(joining.directory);
  await directory.prepare();
  const ca = await discoverAuthority(server, token, caHash);
  const key = await directory.pendingKey();
  const wanted = { agent, nodeNames, key, lifetimeSeconds };
  const certificate = await requestCertificate({ server, ca, token }, wanted, signal);
  await directory.describeCluster(server, ca);
  await directory.keep(certificate);
  return directory;
}
