import { setTimeout as delay } from 'node:timers/promises';
import { untilSettled } from '../cluster/until-settled.js';
import { currentRevision } from '../floor/recorded-writes.js';
import { ProcessTree } from '../usage/process-tree.js';
import { UsageSampler } from '../usage/usage-sampler.js';
import { type OwnScenario, usualDeadlineMs } from './scenario.js';

const QUIET_MS = 5000;
const WATCHED_MS = 30_000;
const CONTROL_PLANE = ['api', 'scheduler', 'postgres', 'nats'] as const;

export const quietFleet: OwnScenario = {
  name: 'quiet-fleet',
  about:
    'CPU of api, scheduler, Postgres and NATS together for 30 s in which nothing happens, with a pod on every node',
  needs: 'own processes',
  isDefault: false,
  repeats: false,
  deadlineMs: (nodes) => 120_000 + usualDeadlineMs(nodes),
  async prepare({ workload, cluster, signal }) {
    await (await workload(1)).ensureReady(signal);
    // Postgres may still clean up after earlier scenarios; that is not the cost of a quiet fleet.
    await cluster.database.query('vacuum analyze');
    await cluster.database.query('checkpoint');
    await untilSettled(cluster, QUIET_MS, signal);
  },
  async run({ cluster, signal }) {
    const before = await currentRevision(cluster.database);
    const began = performance.now();
    const sampler = new UsageSampler(new ProcessTree(cluster.pid));
    await delay(WATCHED_MS, undefined, { signal });
    const { usage } = sampler.end();
    const ms = performance.now() - began;
    const share = (kinds: readonly string[]): number =>
      (usage.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 100) / ms;
    const writes = Number(await currentRevision(cluster.database)) - Number(before);
    return {
      figures: [
        { name: 'CPU', value: share(CONTROL_PLANE), unit: '% of a core' },
        ...CONTROL_PLANE.map((kind) => ({ name: `of it ${kind}`, value: share([kind]), unit: '% of a core' as const })),
        { name: 'agents', value: share(['node-agent']), unit: '% of a core' },
        { name: 'objects written', value: writes, unit: 'count' },
      ],
    };
  },
};
