import { untilSettled } from '../settled.js';
import { ProcessTree } from '../usage/process-tree.js';
import { type OwnScenario, usualDeadlineMs } from './scenario.js';

const DAEMONSETS = 3;
const QUIET_MS = 5000;

export const apiMemory: OwnScenario = {
  name: 'api-memory',
  about: 'memory of an api replica (and of the others) at rest, with three pods on every node',
  needs: 'own processes',
  isDefault: false,
  repeats: false,
  deadlineMs: (nodes) => 120_000 + 4 * usualDeadlineMs(nodes),
  async prepare({ workload, signal }) {
    await (await workload(DAEMONSETS)).ensureReady(signal);
  },
  async run({ cluster, signal }) {
    await untilSettled(cluster, QUIET_MS, signal);
    const readings = new ProcessTree(cluster.pid).read();
    const mebibytes = (bytes: number): number => bytes / 2 ** 20;
    const largest = (kind: string): number => {
      const sizes = readings.filter((one) => one.kind === kind).map((one) => one.ownBytes + one.sharedBytes);
      return mebibytes(Math.max(0, ...sizes));
    };
    const postgres = readings.filter(({ kind }) => kind === 'postgres');
    const shared = Math.max(0, ...postgres.map(({ sharedBytes }) => sharedBytes));
    return {
      figures: [
        { name: 'largest api', value: largest('api'), unit: 'MiB' },
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
