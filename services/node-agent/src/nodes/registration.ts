import { eventType, type NodeRegistered, subjects } from '@everynode/contract';
import { retryUntilDone } from '@everynode/service-shell';
import { chunks } from './chunks.js';
import type { Fleet } from './fleet.js';
import { nodeStatus } from './node-status.js';

const NODES_A_MESSAGE = 200;

/**
 * Registers all nodes with the control plane. Resolves when the bus has accepted every message, which is tried until it
 * succeeds, or when the signal aborts. A process that registers twice sends the same text, which changes nothing.
 */
export async function registerNodes({ agent, incarnation, nodes, bus, log, signal }: Fleet): Promise<void> {
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
