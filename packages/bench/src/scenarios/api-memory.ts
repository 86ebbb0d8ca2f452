import { JSON_TYPE, type KubeClient, PROTOBUF, TABLE } from '../client/kube-client.js';
import { untilSettled } from '../cluster/until-settled.js';
import { ProcessTree } from '../usage/process-tree.js';
import { type OwnScenario, usualDeadlineMs } from './scenario.js';

const DAEMONSETS = 3;
const QUIET_MS = 5000;
const ROUNDS = 2;
/** Each over its own connection, so that both replicas serve them. */
const AT_ONCE = 2;
const READ_MS = 100;

/** Lists all pods in the formats that controllers in Go, scripts and kubectl ask for. */
async function listPods(client: KubeClient, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const accept of [PROTOBUF, JSON_TYPE, TABLE]) {
      for (const gzip of [false, true]) {
        signal.throwIfAborted();
        const lists = Array.from({ length: AT_ONCE }, () =>
          client.timed('GET', '/api/v1/pods', undefined, { accept, gzip }),
        );
        await Promise.all(lists);
      }
    }
  }
}

export const apiMemory: OwnScenario = {
  name: 'api-memory',
  about:
    'memory of an api replica (and of the others) with three pods on every node: at rest, and while all are listed',
  needs: 'own processes',
  isDefault: false,
  repeats: false,
  deadlineMs: (nodes) => 120_000 + 4 * usualDeadlineMs(nodes),
  async prepare({ workload, signal }) {
    await (await workload(DAEMONSETS)).ensureReady(signal);
  },
  async run({ client, cluster, signal }) {
    await untilSettled(cluster, QUIET_MS, signal);
    const tree = new ProcessTree(cluster.pid);
    const readings = tree.read();
    const mebibytes = (bytes: number): number => bytes / 2 ** 20;
    const largest = (kind: string, among = readings): number => {
      const sizes = among.filter((one) => one.kind === kind).map((one) => one.ownBytes + one.sharedBytes);
      return mebibytes(Math.max(0, ...sizes));
    };
    const postgres = readings.filter(({ kind }) => kind === 'postgres');
    const shared = Math.max(0, ...postgres.map(({ sharedBytes }) => sharedBytes));
    let listed = 0;
    const look = (): void => {
      listed = Math.max(listed, largest('api', tree.read()));
    };
    const looking = setInterval(look, READ_MS);
    try {
      await listPods(client, signal);
    } finally {
      clearInterval(looking);
    }
    look();
    return {
      figures: [
        { name: 'largest api', value: largest('api'), unit: 'MiB' },
        { name: 'largest api, all pods listed', value: listed, unit: 'MiB' },
        { name: 'largest scheduler', value: largest('scheduler'), unit: 'MiB' },
        { name: 'nats', value: largest('nats'), unit: 'MiB' },
        { name: 'largest agent', value: largest('node-agent'), unit: 'MiB' },
        {
          name: 'postgres, all',
          value: mebibytes(postgres.reduce((sum, { ownBytes }) => sum + ownBytes, shared)),
          unit: 'MiB',
        },
      ],
    };
  },
};
