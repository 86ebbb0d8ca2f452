import type { Bus } from '@everynode/bus';
import { eventType, type NodeRegistered, subjects } from '@everynode/contract';
import { type Logger, pause, retryUntilDone } from '@everynode/service-shell';
import { nodeStatus } from './node-status.js';
import type { HostedNode } from './nodes-file.js';

const NODES_A_MESSAGE = 200;
const NODES_A_HEARTBEAT = 2000;

export interface FleetOptions {
  agent: string;
  incarnation: number;
  nodes: readonly HostedNode[];
  bus: Pick<Bus, 'publish'>;
  log: Logger;
  signal: AbortSignal;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Tells the control plane of all nodes, again and again until the bus has taken it. */
export async function registerNodes({ agent, incarnation, nodes, bus, log, signal }: FleetOptions): Promise<void> {
  const event = { type: eventType('node-registered'), source: `/everynode/agent/${agent}` };
  for (const chunk of chunks(nodes, NODES_A_MESSAGE)) {
    const now = Date.now();
    const body: NodeRegistered = {
      incarnation,
      nodes: chunk.map((node) => ({
        name: node.name,
        labels: node.labels,
        taints: node.taints,
        status: nodeStatus(node, now) as Record<string, unknown>,
      })),
    };
    await retryUntilDone(() => bus.publish(subjects.report(agent, 'node-registered'), event, JSON.stringify(body)), {
      signal,
      onFailure: (err, failures) => log.warn({ err, failures }, 'nodes could not be registered'),
    });
  }
  log.info({ nodes: nodes.length }, 'nodes registered');
}

/** Says every few seconds that the nodes are alive, until the signal aborts. A beat that is lost is not made up for. */
export async function beat(
  { agent, incarnation, nodes, bus, log, signal }: FleetOptions,
  intervalSeconds: number,
): Promise<void> {
  const event = { type: eventType('node-heartbeat'), source: `/everynode/agent/${agent}` };
  const bodies = chunks(
    nodes.map((node) => node.name),
    NODES_A_HEARTBEAT,
  ).map((names) => JSON.stringify({ incarnation, nodes: names }));
  while (!signal.aborted) {
    await Promise.all(
      bodies.map((body, part) =>
        bus
          .publish(subjects.heartbeat(agent, part), event, body)
          .catch((err: unknown) => log.warn({ err }, 'a heartbeat was lost')),
      ),
    );
    await pause(intervalSeconds * 1000, signal);
  }
}
