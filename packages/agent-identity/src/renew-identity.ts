import { X509Certificate } from 'node:crypto';
import { nodeOfUser } from '@everynode/certificates';
import type { AgentDirectory } from './agent-directory.js';
import { requestCertificate } from './request-certificate.js';

/** Renews an agent's certificate now, with a new key. Returns when the new one ends, in ms since the epoch. */
export async function renewIdentity(
  directory: AgentDirectory,
  lifetimeSeconds: number,
  signal: AbortSignal,
): Promise<number> {
  const [{ ca, pem }, server] = await Promise.all([directory.read(), directory.server()]);
  const agent = agentOf(directory.path, pem);
  const wanted = { agent, directory, lifetimeSeconds };
  await directory.keep(await requestCertificate({ server, ca, pem }, wanted, signal));
  return (await directory.read()).notAfter;
}

/** The name of the agent that a certificate is for. @throws Error where it is for no agent. */
function agentOf(path: string, pem: string): string {
  const { CN: user } = new X509Certificate(pem).toLegacyObject().subject;
  const agent = nodeOfUser(String(user));
  if (agent === undefined) throw new Error(`${path} is not the identity of an agent`);
  return agent;
}

/** The name of the agent whose identity is in the directory. @throws Error where there is none. */
export const agentIn = async (directory: AgentDirectory): Promise<string> =>
  agentOf(directory.path, (await directory.read()).pem);
