import { inBatches } from '@everynode/service-shell';
import { machineUsage } from '../../usage/machine-usage.js';
import { type ContainerPoint, startedMsOf, type UsageSample } from '../../usage/usage-sample.js';
import type { DockerRun } from './docker-run.js';
import type { Engine } from './engine.js';
import type { EngineStats } from './engine-objects.js';

/** An engine is asked about so many containers at a time. */
export const AT_ONCE = 16;

/** What this machine and the containers of the pods have used. */
export async function dockerSample(runs: Iterable<DockerRun>, engine: Engine): Promise<UsageSample> {
  const machine = machineUsage();
  const live = [...runs].flatMap((run) =>
    [...run.live].map(([name, { id, instance }]) => ({ run, name, id, instance })),
  );
  const pods = new Map<string, ContainerPoint[]>();
  await inBatches(live, AT_ONCE, async ({ run, name, id, instance }) => {
    const stats = await engine.stats(id);
    const used = stats && pointOf(stats);
    if (!used) return;
    const { uid } = run.pod.metadata;
    const points = pods.get(uid) ?? [];
    points.push({ name, instance, startedMs: startedMsOf(run, name), ...used });
    pods.set(uid, points);
  });
  return { machine, pods };
}

/** Undefined for a container that does not run: an engine knows no memory of it. */
function pointOf({ read, cpu_stats: cpu, ...stats }: EngineStats) {
  const workingSetBytes = workingSetOf(stats);
  if (workingSetBytes === undefined) return undefined;
  return { atMs: Date.parse(read), cpuNanoseconds: cpu.cpu_usage.total_usage, workingSetBytes };
}

/** The memory that a container works with, in bytes; undefined where it does not run. */
export function workingSetOf({
  memory_stats: { usage, stats },
}: Pick<EngineStats, 'memory_stats'>): number | undefined {
  if (usage === undefined) return undefined;
  // Files that are not in use are no part of the working set. The second name is that of cgroups of version 1.
  const unused = stats?.inactive_file ?? stats?.total_inactive_file ?? 0;
  return Math.max(0, usage - unused);
}
