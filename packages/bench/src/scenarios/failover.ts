import { type OwnBench, type OwnScenario, usualDeadlineMs } from './scenario.js';

interface Failover {
  replica: string;
  /** From the kill to the end of the longest time in which nothing happened. */
  resumedMs: number;
  rolloutMs: number;
}

/** Kills a replica when a third of the nodes have their new pod, and measures the longest silence after that. */
async function killDuringRollout(bench: OwnBench, replica: string): Promise<Failover> {
  const { cluster, signal } = bench;
  const one = await bench.workload(1);
  await one.ensureReady(signal);
  const { generation } = one.sets;
  let killedMs = 0;
  let lastMs = 0;
  let longest = { fromMs: 0, toMs: 0 };
  one.pods.begin(() => {
    const { elapsedMs } = one.pods;
    if (killedMs > 0 && elapsedMs - lastMs > longest.toMs - longest.fromMs)
      longest = { fromMs: lastMs, toMs: elapsedMs };
    lastMs = elapsedMs;
  });
  await one.update();
  await one.until('a third of the rollout', () => one.pods.becameReady >= one.wanted / 3, signal);
  killedMs = one.pods.elapsedMs;
  lastMs = killedMs;
  await cluster.stopService(replica);
  await one.untilRolledOut(generation, signal);
  const rolloutMs = one.pods.elapsedMs;
  await cluster.startService(replica);
  return { replica, resumedMs: longest.toMs - killedMs, rolloutMs };
}

export const failover: OwnScenario = {
  name: 'failover',
  about:
    'kill -9 of each scheduler in the middle of a rollout, until the others go on with it; the dead one stays dead',
  needs: 'own processes',
  isDefault: true,
  repeats: false,
  deadlineMs: (nodes) => 120_000 + 3 * usualDeadlineMs(nodes),
  async prepare({ workload, signal, cluster }) {
    if (cluster.size.schedulerReplicas < 2)
      throw new Error('there is only one scheduler, and no other can go on with its work');
    await (await workload(1)).ensureReady(signal);
  },
  async run(bench) {
    const failovers: Failover[] = [];
    // One of them has the DaemonSet's shard and one is the relay. Each replica is killed once, so both cases are
    // measured.
    for (let number = 1; number <= bench.cluster.size.schedulerReplicas; number += 1) {
      failovers.push(await killDuringRollout(bench, `scheduler-${number}`));
    }
    const each = failovers.flatMap(({ replica, resumedMs, rolloutMs }) => [
      { name: `${replica} killed: resumed`, value: resumedMs, unit: 'ms' as const },
      { name: `${replica} killed: whole rollout`, value: rolloutMs, unit: 'ms' as const },
    ]);
    const slowest = Math.max(...failovers.map(({ resumedMs }) => resumedMs));
    const { pods } = await bench.workload(1);
    return {
      figures: [{ name: 'resumed', value: slowest, unit: 'ms' }, ...each],
      curve: pods.curve(),
      rate: pods.rate('ready'),
    };
  },
};
