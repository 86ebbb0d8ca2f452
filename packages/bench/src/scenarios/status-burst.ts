import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { paceRequests } from '../client/paced-requests.js';
import { connectToBus } from '../floor/recorded-messages.js';
import { NAMESPACE } from '../run/workload.js';
import { ProcessTree } from '../usage/process-tree.js';
import { UsageSampler } from '../usage/usage-sampler.js';
import { type OwnBench, type OwnScenario, usualDeadlineMs } from './scenario.js';

const ENTRIES = 100_000;
const ENTRIES_IN_A_MESSAGE = 500;
const MESSAGES_IN_FLIGHT = 8;
const GETS_PER_SECOND = 200;
const LOOK_MS = 50;
const REPORTS = 'EVERYNODE_REPORTS';
const INGEST = 'ingest';

interface StoredPod {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  agent: string;
  /** That of the agent's process. */
  incarnation: number;
  observed: string;
}

interface PodStatus {
  containerStatuses?: { restartCount: number }[];
}

async function storedPods({ cluster }: OwnBench): Promise<StoredPod[]> {
  const { rows } = await cluster.database.query<StoredPod>(
    `select p.namespace, p.name, p.uid, p.placement as node, n.placement as agent,
            a.incarnation::int as incarnation, p.observed::text
     from objects p join objects n on n.resource = 'nodes' and n.name = p.placement
     join agents a on a.agent = n.placement
     where p.resource = 'pods' and p.namespace = $1 order by n.placement, p.name`,
    [NAMESPACE],
  );
  return rows;
}

/** Numbers reports and messages above those that the agents themselves have reached: these count. */
const ABOVE_OWN = 1_000_000;

/** Reports of agents. In every round, each pod has one more restart. Bodies are built one by one, as they are sent. */
function* reports(pods: readonly StoredPod[]): Generator<{ agent: string; body: string }> {
  for (let round = 1, sent = 0; sent < ENTRIES; round += 1) {
    for (let from = 0; from < pods.length && sent < ENTRIES; ) {
      const { agent = '', incarnation = 0 } = pods[from] ?? {};
      const most = Math.min(ENTRIES_IN_A_MESSAGE, ENTRIES - sent);
      const some = pods.slice(from, from + most).filter((pod) => pod.agent === agent);
      const items = some.map(({ namespace, name, uid, node, observed }) => {
        const status = JSON.parse(observed) as PodStatus;
        for (const container of status.containerStatuses ?? []) container.restartCount = round;
        return { namespace, name, uid, node, sequence: ABOVE_OWN + round, status };
      });
      from += some.length;
      sent += some.length;
      yield { agent, body: JSON.stringify({ incarnation, message: ABOVE_OWN + sent, pods: items }) };
    }
  }
}

async function publishAll(js: JetStreamClient, pods: readonly StoredPod[], signal: AbortSignal): Promise<void> {
  const underway = new Set<Promise<unknown>>();
  for (const { agent, body } of reports(pods)) {
    signal.throwIfAborted();
    const carrier = headers();
    for (const [name, value] of [
      ['ce-specversion', '1.0'],
      ['ce-type', 'io.everynode.pod-status.v1'],
      ['ce-source', `/everynode/agent/${agent}`],
      ['ce-id', randomUUID()],
      ['ce-time', new Date().toISOString()],
      ['content-type', 'application/json'],
    ] as const) {
      carrier.set(name, value);
    }
    const subject = `everynode.v1.agent.${agent}.report.pod-status`;
    const sent: Promise<unknown> = js.publish(subject, body, { headers: carrier }).finally(() => underway.delete(sent));
    underway.add(sent);
    // This process sends the GETs as well: its own work must not look like time of the server.
    await nextTurn();
    if (underway.size >= MESSAGES_IN_FLIGHT) await Promise.race(underway);
  }
  await Promise.all(underway);
}

export const statusBurst: OwnScenario = {
  name: 'status-burst',
  about: '100,000 pod-status entries, as fast as the bus takes them, until all are written; reads and memory meanwhile',
  needs: 'own processes',
  isDefault: false,
  repeats: false,
  // The control plane now ignores the agents' reports on these pods: a later start seems to have reported.
  spoils: true,
  deadlineMs: (nodes) => 240_000 + usualDeadlineMs(nodes),
  async prepare({ workload, signal }) {
    await (await workload(1)).ensureReady(signal);
  },
  async run(bench) {
    const { client, cluster, nodes, signal } = bench;
    const pods = await storedPods(bench);
    const connection = await connectToBus(cluster);
    const sampler = new UsageSampler(new ProcessTree(cluster.pid));
    const getting = () =>
      paceRequests(GETS_PER_SECOND, signal, (index) =>
        client.timed('GET', `/api/v1/nodes/${nodes[index % nodes.length]}`),
      );
    // Until all are sent, this process is busy and its GETs would wait for it.
    const whileSending = getting();
    try {
      const manager = await jetstreamManager(connection);
      const began = performance.now();
      await publishAll(jetstream(connection), pods, signal);
      const sentMs = performance.now() - began;
      const first = await whileSending();
      const whileWritten = getting();
      for (;;) {
        const { num_pending, num_ack_pending } = await manager.consumers.info(REPORTS, INGEST);
        if (num_pending === 0 && num_ack_pending === 0) break;
        await delay(LOOK_MS, undefined, { signal });
      }
      const ms = performance.now() - began;
      const { usage } = sampler.end();
      const reads = await whileWritten();
      const peak = (kind: string): number =>
        Math.max(
          0,
          ...usage.filter((one) => one.kind === kind).map(({ peakMemoryBytes }) => peakMemoryBytes / 2 ** 20),
        );
      return {
        figures: [
          { name: 'time', value: ms, unit: 'ms' },
          { name: 'throughput', value: (ENTRIES * 1000) / ms, unit: 'events/s' },
          { name: 'sent', value: sentMs, unit: 'ms' },
          { name: 'GET while they are written, p99', value: reads.percentile(99), unit: 'ms' },
          { name: 'GET while they are written, p50', value: reads.percentile(50), unit: 'ms' },
          { name: 'GET while they are sent, p99', value: first.percentile(99), unit: 'ms' },
          { name: 'largest api, peak', value: peak('api'), unit: 'MiB' },
          { name: 'largest scheduler, peak', value: peak('scheduler'), unit: 'MiB' },
          { name: 'nats, peak', value: peak('nats'), unit: 'MiB' },
        ],
        work: { count: ENTRIES, of: 'entry' },
        latencies: { 'GET while they are written': reads.summary(), 'GET while they are sent': first.summary() },
      };
    } finally {
      sampler.stop();
      await connection.close();
    }
  },
};
