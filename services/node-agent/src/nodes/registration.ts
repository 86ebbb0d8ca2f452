import type { Bus } from '@everynode/bus';
import { eventType, type NodeRegistered, subjects } from '@everynode/contract';
import { type Logger, retryUntilDone } from '@everynode/service-shell';
import type { HostedNode } from './hosted-nodes.js';
import { nodeStatus } from './node-status.js';

const NODES_A_MESSAGE = 200;

export interface FleetOptions {
  agent: string;
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  nodes: readonly HostedNode[];
  bus: Pick<Bus, 'publish'>;
  log: Logger;
  signal: AbortSignal;
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/**
 * Tells the control plane of all nodes, again and again until the bus has taken it. Resolves then, or when the signal
 * aborts. Said twice by one process it is word for word the same, and writes nothing the second time.
 */
export async function registerNodes({ agent, incarnation, nodes, bus, log, signal }: FleetOptions): Promise<void> {
  const event = { type: eventType('node-registered'), source: `/everynode/agent/${agent}` };
  for (const chunk of chunks(nodes, NODES_A_MESSAGE)) {
    const body: NodeRegistered = {
      incarnation,
      nodes: chunk.map((node) => ({
        name: node.name,
        labels: node.labels,
        taints: node.taints,
        status: nodeStatus(node, incarnation) as Record<string, unknown>,
      })),
    };
    await retryUntilDone(() => bus.publish(subjects.report(agent, 'node-registered'), event, JSON.stringify(body)), {
      signal,
      onFailure: (err, failures) => log.warn({ err, failures }, 'nodes could not be registered'),
    });
  }
  if (!signal.aborted) log.info({ nodes: nodes.length }, 'nodes registered');
}
