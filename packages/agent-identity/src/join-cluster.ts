import { AgentDirectory } from './agent-directory.js';
import { ask, RefusedError } from './api.js';
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
  if (!identity || identity.notAfter <= Date.now() || (await directory.server()) !== server) return false;
  try {
    await ask({ server, ca: identity.ca, pem: identity.pem }, 'POST', WHO_AM_I, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    return true;
  } catch (error) {
    // An api that does not answer now says nothing against it.
    return !(error instanceof RefusedError && error.status === 401);
  }
}

const WHO_AM_I = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
