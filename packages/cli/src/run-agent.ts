import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { joinCluster } from '@everynode/agent-identity';
import type { Taint } from '@everynode/local-stack/control';
import { STARTUP_TAINT_ANNOTATION } from '@everynode/objects';
import { writeSecretFile } from '@everynode/service-shell/private-files';
import { serviceEntry } from './checkout.js';

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

/** What the file of nodes says of each. */
function nodeFacts({ labels, taints = [], startupTaints }: Pick<HostedNodes, 'labels' | 'taints' | 'startupTaints'>) {
  if (!startupTaints) return { labels, taints };
  const named = startupTaints.map(({ key, effect }) => `${key}:${effect}`).join(',');
  return { labels, annotations: { [STARTUP_TAINT_ANNOTATION]: named }, taints: [...taints, ...startupTaints] };
}

/**
 * Runs the node agent with an identity until it ends, and ends it when the signal aborts. It reads the files of the
 * identity at each connection, so a renewal needs no restart. `onBusRefused` is called when the bus refuses it. Returns
 * the exit code.
 * @throws Error when the cluster has issued no credential of the bus.
 */
export async function runAgent(
  identity: Awaited<ReturnType<typeof joinCluster>>,
  { agent, nodes, nodesFile, settings, ...described }: HostedNodes,
  signal: AbortSignal,
  onBusRefused: () => void,
): Promise<number> {
  const { url, credential } = await identity.bus();
  const ownFile = join(identity.path, 'nodes.json');
  if (nodesFile === undefined) {
    const facts = nodeFacts(described);
    await writeSecretFile(ownFile, JSON.stringify({ nodes: nodes.map((name) => ({ name, ...facts })) }));
  }
  if (signal.aborted) return 0;
  const child = fork(serviceEntry('node-agent'), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ...variablesOf(settings),
      NATS_URL: url,
      NATS_CREDS: credential.credentialsFile,
      NATS_CA: credential.caFile,
      EVERYNODE_AGENT: agent,
      EVERYNODE_NODES_FILE: nodesFile ?? ownFile,
    },
  });
  child.on('message', (message) => {
    if ((message as { type?: string } | null)?.type === 'bus-refused') onBusRefused();
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
