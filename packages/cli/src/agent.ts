import { join } from 'node:path';
import { endOf, type Joining, joinCluster, keepRenewed } from '@everynode/agent-identity';
import type { Taint } from '@everynode/local-stack/control';
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

type JoinedDirectory = Awaited<ReturnType<typeof joinCluster>>;

/**
 * Joins a cluster and runs its node until a signal ends it, renewing the identity in time. With `identityOnly` it only
 * says where the identity is, and with `renew` stays to renew that. Returns the exit code: {@link ENDED} when the
 * identity was revoked.
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
  const identity = new WatchedIdentity(joined, wanted.agent, stopping);
  const renewal = () => renewUntil(joined, lifetimeSeconds, identity, signal);
  if (identityOnly) {
    if (renew) await renewal();
    return identity.hasEnded ? ENDED : 0;
  }
  void renewal();
  const { runtime, state, image, hostRoot, evictionHard, drain, label, taint, startupTaint } = flags;
  const described = { labels: label, taints: taint, startupTaints: startupTaint };
  const hosted = { agent: wanted.agent, nodes: wanted.nodes, nodesFile, ...described };
  const settings = { runtime, state, images: image, hostRoots: hostRoot, evictionHard, drain };
  const code = await runAgent(joined, { ...hosted, settings }, signal, () => void identity.look());
  // Nothing is renewed for an agent that has ended: what has started this process starts it again.
  stopping.abort();
  return identity.hasEnded ? ENDED : code;
}

/** The exit code of an agent whose identity has ended (EX_NOPERM of sysexits.h): to start it again helps nothing. */
const ENDED = 77;

/** Looks whether an identity is good still when something was refused to it. When it is not, all that uses it stops. */
class WatchedIdentity {
  readonly #directory: JoinedDirectory;
  readonly #agent: string;
  readonly #stopping: AbortController;
  #looking: Promise<void> | undefined;
  hasEnded = false;

  constructor(directory: JoinedDirectory, agent: string, stopping: AbortController) {
    this.#directory = directory;
    this.#agent = agent;
    this.#stopping = stopping;
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const end = await endOf(this.#directory).catch(() => undefined);
    if (end === undefined || this.hasEnded) return;
    this.hasEnded = true;
    const what = end === 'over' ? 'is over' : 'was revoked by an administrator, or with its node';
    process.stderr.write(`the identity of ${this.#agent} ${what}; it may join again with a token\n`);
    this.#stopping.abort();
  }
}

async function renewUntil(
  joined: JoinedDirectory,
  lifetimeSeconds: number,
  identity: WatchedIdentity,
  signal: AbortSignal,
): Promise<void> {
  const onRenewed = (end: number) => print(`renewed the certificate, which is valid until ${timeOf(end)}`);
  const onFailure = (error: unknown) => {
    process.stderr.write(`not renewed yet: ${error instanceof Error ? error.message : String(error)}\n`);
    void identity.look();
  };
  await keepRenewed(joined, { lifetimeSeconds, onRenewed, onFailure }, signal);
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const timeOf = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
