import { X509Certificate } from 'node:crypto';
import { nodeOfUser, renewalTime } from '@everynode/certificates';
import { backoffMs, pause } from '@everynode/service-shell';
import type { AgentDirectory } from './agent-directory.js';
import { requestCertificate } from './request-certificate.js';

/** A timer's longest span; a clock that was set is also noticed within it. */
const LONGEST_PAUSE_MS = 60_000;

export interface Renewals {
  lifetimeSeconds: number;
  /** Called when a new certificate is in its file. */
  onRenewed(notAfter: number): void;
  /** Called when an attempt failed, and another one comes. */
  onFailure(error: unknown): void;
}

/** Renews an agent's certificate in time, with a new key each time, until the signal aborts. */
export async function keepRenewed(directory: AgentDirectory, renewals: Renewals, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { notBefore, notAfter } = await directory.read();
      const waitMs = renewalTime(notBefore, notAfter) - Date.now();
      if (waitMs > 0) {
        await pause(Math.min(waitMs, LONGEST_PAUSE_MS), signal);
        continue;
      }
      renewals.onRenewed(await renew(directory, renewals.lifetimeSeconds, signal));
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      renewals.onFailure(error);
      await pause(backoffMs(failures), signal);
    }
  }
}

/** Returns when the new certificate ends, in ms since the epoch. */
async function renew(directory: AgentDirectory, lifetimeSeconds: number, signal: AbortSignal): Promise<number> {
  const [{ ca, pem }, server] = await Promise.all([directory.read(), directory.server()]);
  const { CN: user } = new X509Certificate(pem).toLegacyObject().subject;
  const agent = nodeOfUser(String(user));
  if (agent === undefined) throw new Error(`${directory.path} is not the identity of an agent`);
  const wanted = { agent, directory, lifetimeSeconds };
  await directory.keep(await requestCertificate({ server, ca, pem }, wanted, signal));
  return (await directory.read()).notAfter;
}
