import type { Bus } from '@everynode/bus';
import type { ServiceContext } from '@everynode/service-shell';
import { Agent } from './agent.js';
import { exposeMetrics } from './agent-metrics.js';
import type { HostedNode } from './nodes/hosted-nodes.js';
import type { ReportListener, Runtime } from './runtime/runtime.js';

/** What the node agent is made from: an open connection, and the shell it runs in. */
export interface NodeAgentParts extends ServiceContext {
  /** Name of the process on the bus; a DNS label. */
  agent: string;
  nodes: readonly HostedNode[];
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  heartbeatSeconds: number;
  bus: Bus;
  /** Makes the runtime. Its reports go to the control plane. */
  runtime: (onReport: ReportListener) => Runtime;
}

/** Registers the nodes and begins to run their pods. Resolves when the bus has accepted the registration. */
export async function startNodeAgent(parts: NodeAgentParts): Promise<void> {
  const { bus, nodes, metrics, readiness, onClose } = parts;
  const agent = new Agent(parts);
  onClose(() => agent.close());
  readiness.add('nats', () => bus.trouble);
  readiness.add('pods', () => agent.sync.trouble);
  exposeMetrics(metrics, agent, nodes.length);
  await agent.start();
}
