import type { Bus } from '@everynode/bus';
import { AgentTunnels, type PaceLimits } from '@everynode/container-streams';
import type { HostedNode, ReportListener, Runtime } from '@everynode/pod-runtime';
import type { ServiceContext, ShellContext } from '@everynode/service-shell';
import { Agent } from './agent.js';
import { exposeMetrics } from './agent-metrics.js';
import { AgentSocket } from './machine/agent-socket.js';
import type { MachineHost } from './machine/machine-host.js';
import { takeIncarnation } from './take-incarnation.js';

/** What the node agent is made from: an open connection, and the shell it runs in. */
export interface NodeAgentParts extends ServiceContext, Pick<ShellContext, 'show' | 'beforeStop'> {
  /** Name of the process on the bus; a DNS label. */
  agent: string;
  nodes: readonly HostedNode[];
  /** The machine that is the node, where its pods are real. */
  machine?: MachineHost;
  /** Whether a signal to stop ends the pods of a machine first. */
  drainsOnStop?: boolean;
  /** Folder for what outlives the process, of a machine. */
  stateFolder?: string;
  heartbeatSeconds: number;
  bus: Bus;
  /** Makes the runtime. Its reports go to the control plane. */
  runtime: (onReport: ReportListener) => Runtime;
  /** Makes a connection of its own for what clients read of containers and write to them. */
  connect: () => Bus;
  /** What may be sent of that. */
  streamRates?: PaceLimits;
}

/**
 * Registers the nodes and begins to run their pods. Resolves when the bus has accepted the registration, or when the
 * signal aborts.
 */
export async function startNodeAgent(parts: NodeAgentParts): Promise<void> {
  const { bus, nodes, metrics, readiness, show, onClose } = parts;
  let agent: Agent | undefined;
  readiness.add('nats', () => bus.trouble);
  readiness.add('incarnation', () => (agent ? agent.trouble : 'no scheduler has answered yet'));
  readiness.add('pods', () => (agent ? agent.sync.trouble : 'not synchronised yet'));
  const incarnation = await takeIncarnation(parts);
  if (incarnation === undefined) return;
  agent = new Agent({ ...parts, incarnation });
  const started = agent;
  onClose(() => started.close());
  exposeMetrics(metrics, agent, nodes.length);
  show('/pods', () => ({ nodes: nodes.map(({ name }) => name), pods: started.runtime.pods() }));
  const tunnels = new AgentTunnels({
    ...parts,
    agent: parts.agent,
    nodes: nodes.map(({ name }) => name),
    streams: agent.runtime.streams,
    isSuperseded: () => started.trouble !== undefined,
    ...(parts.streamRates && { rates: parts.streamRates }),
  });
  onClose(() => tunnels.close());
  await agent.start();
  tunnels.start();
  if (!parts.machine || parts.stateFolder === undefined) return;
  const socket = new AgentSocket(parts.stateFolder, () => started.drain(), parts.log);
  onClose(() => socket.close());
  if (!parts.drainsOnStop) return;
  parts.beforeStop(async (isAsked) => {
    // A process whose supervisor is gone, or that has failed, is started again: its pods run on.
    if (isAsked) await started.drain();
  });
}
