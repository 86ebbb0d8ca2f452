import { AgentDirectory, agentIn, endOf, type Joining, joinCluster, renewIdentity } from '@everynode/agent-identity';
import { keepRenewed } from '@everynode/agent-identity/keep-renewed';
import { IDENTITY_ENDED } from './exit-codes.js';
import { stoppedBySignal } from './stop-signals.js';

/**
 * Joins a cluster, says where the identity is, and with `renew` renews it in time until it has ended or the signal
 * aborts. Returns the exit code.
 */
export async function holdIdentity(joining: Joining, renew: boolean, stopping: AbortController): Promise<number> {
  const { agent, server, lifetimeSeconds } = joining;
  const { signal } = stopping;
  const joined = await joinCluster(joining, signal);
  const { notAfter } = await joined.read();
  print(`${agent} has joined ${server}; its certificate is valid until ${timeOf(notAfter)}`);
  print(`kubeconfig: ${joined.kubeconfig}`);
  if (!renew) return 0;
  let code = 0;
  const onFailure = async (error: unknown) => {
    code = await failureCode(joined, error);
    if (code === IDENTITY_ENDED) stopping.abort();
  };
  await keepRenewed(
    joined,
    { renew: () => renewed(joined, lifetimeSeconds, signal), onFailure: (error) => void onFailure(error) },
    signal,
  );
  return code === IDENTITY_ENDED ? code : 0;
}

/** Renews an identity now. Returns the exit code: {@link IDENTITY_ENDED}, or another one but 0 to try again. */
export async function renewNow(path: string, lifetimeSeconds: number): Promise<number> {
  const directory = new AgentDirectory(path);
  try {
    await renewed(directory, lifetimeSeconds, stoppedBySignal().signal);
    return 0;
  } catch (error) {
    return failureCode(directory, error);
  }
}

/** Looks whether an identity is good still. Returns {@link IDENTITY_ENDED} when it is not. */
export async function checkNow(path: string): Promise<number> {
  const directory = new AgentDirectory(path);
  const end = await endOf(directory);
  if (end === undefined) return 0;
  const what = end === 'over' ? 'is over' : 'was revoked by an administrator, or with its node';
  process.stderr.write(`the identity of ${await agentIn(directory)} ${what}; it may join again with a token\n`);
  return IDENTITY_ENDED;
}

async function renewed(directory: AgentDirectory, lifetimeSeconds: number, signal: AbortSignal): Promise<void> {
  const end = await renewIdentity(directory, lifetimeSeconds, signal);
  print(`renewed the certificate, which is valid until ${timeOf(end)}`);
}

async function failureCode(directory: AgentDirectory, error: unknown): Promise<number> {
  process.stderr.write(`not renewed yet: ${error instanceof Error ? error.message : String(error)}\n`);
  return (await checkNow(directory.path).catch(() => 0)) || 1;
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const timeOf = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
