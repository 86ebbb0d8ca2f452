import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { IdentityFiles } from '@everynode/agent-identity/identity-files';
import type { Taint } from '@everynode/local-stack/control';
import { writeSecretFile } from '@everynode/service-shell/private-files';
import { serviceEntry } from './checkout.js';
import { heedsStopSignals } from './stop-signals.js';

interface HostedNodes {
  agent: string;
  /** Names of nodes. */
  nodes: readonly string[];
  /** A nodes file of the user, in place of the names. */
  nodesFile: string | undefined;
  /** Of each node that is named. */
  labels: Record<string, string> | undefined;
  taints: Taint[] | undefined;
  /** Taints that a node loses once its required daemons are ready. */
  startupTaints: Taint[] | undefined;
  settings: RuntimeSettings;
}

/** What the pods of the agent are; what is undefined is as the agent has it. */
interface RuntimeSettings {
  runtime: string;
  state: string | undefined;
  images: string | undefined;
  hostRoots: string | undefined;
  evictionHard: string | undefined;
  /** Whether a signal to stop ends the pods first. */
  drain: boolean;
}

/** The settings as the agent reads them. */
function variablesOf({
  runtime,
  state,
  images,
  hostRoots,
  evictionHard,
  drain,
}: RuntimeSettings): Record<string, string> {
  return {
    EVERYNODE_RUNTIME: runtime,
    ...(state !== undefined && { EVERYNODE_STATE_FOLDER: state }),
    ...(images !== undefined && { EVERYNODE_IMAGES: images }),
    ...(hostRoots !== undefined && { EVERYNODE_HOST_ROOTS: hostRoots }),
    ...(evictionHard !== undefined && { EVERYNODE_EVICTION_HARD: evictionHard }),
    ...(drain && { EVERYNODE_DRAIN_ON_STOP: 'true' }),
  };
}

type Facts = Pick<HostedNodes, 'labels' | 'taints' | 'startupTaints'>;

/** What the file of nodes says of each. */
async function nodeFacts({ labels, taints = [], startupTaints }: Facts) {
  if (!startupTaints) return { labels, taints };
  const { STARTUP_TAINT_ANNOTATION } = await import('@everynode/objects');
  const named = startupTaints.map(({ key, effect }) => `${key}:${effect}`).join(',');
  return { labels, annotations: { [STARTUP_TAINT_ANNOTATION]: named }, taints: [...taints, ...startupTaints] };
}

/**
 * Runs the node agent in this process, which ends with it. It reads the files of the identity at each connection, so a
 * renewal needs no restart. `onBusRefused` is called when the bus refuses it. Returns the exit code where the signal
 * has aborted before; does not end otherwise.
 * @throws Error when the cluster has issued no credential of the bus, or the agent cannot start.
 */
export async function runAgent(
  identity: Pick<IdentityFiles, 'path' | 'bus'>,
  { agent, nodes, nodesFile, settings, ...described }: HostedNodes,
  signal: AbortSignal,
  onBusRefused: () => void,
): Promise<number> {
  const { url, credential } = await identity.bus();
  const ownFile = join(identity.path, 'nodes.json');
  if (nodesFile === undefined) {
    const facts = await nodeFacts(described);
    await writeSecretFile(ownFile, JSON.stringify({ nodes: nodes.map((name) => ({ name, ...facts })) }));
  }
  if (signal.aborted) return 0;
  Object.assign(process.env, variablesOf(settings), {
    NATS_URL: url,
    NATS_CREDS: credential.credentialsFile,
    NATS_CA: credential.caFile,
    EVERYNODE_AGENT: agent,
    EVERYNODE_NODES_FILE: nodesFile ?? ownFile,
  });
  process.on('message', (message) => {
    if ((message as { type?: string } | null)?.type === 'bus-refused') onBusRefused();
  });
  // The agent ends by the signals of this process; before it has begun to heed them there is nothing to close.
  signal.addEventListener('abort', () => {
    if (!heedsStopSignals()) process.exit(0);
  });
  await import(pathToFileURL(serviceEntry('node-agent')).href);
  // The agent ends this process.
  return new Promise(() => undefined);
}
