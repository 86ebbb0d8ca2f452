import { readRunFolder } from '@everynode/container-shim';
import { type TreeUsage, treesOf } from '../../machine/process-trees.js';
import { machineUsage } from '../../usage/machine-usage.js';
import { type ContainerPoint, startedMsOf, type UsageSample } from '../../usage/usage-sample.js';
import type { ContainerUsage } from './cgroups/cgroup-usage.js';
import type { ProcessRun } from './process-run.js';

/** What the containers of a machine are counted by. */
interface UsageSources {
  runs: Iterable<ProcessRun>;
  /** By the cgroup of a container; undefined where nothing counts it. */
  usageOf: (run: ProcessRun, container: string) => ContainerUsage | undefined;
  bootId: string;
}

/**
 * What this machine and the containers of its pods have used. A container without a cgroup uses what its shim and the
 * processes below that use; commands that were started beside it are below no shim, and are left out.
 */
export async function processSample({ runs, usageOf, bootId }: UsageSources): Promise<UsageSample> {
  const machine = machineUsage();
  const live = [...runs].flatMap((run) =>
    [...run.live].map(([name, { folder, instance }]) => {
      const counted = usageOf(run, name);
      return { run, name, instance, counted, shim: counted ? undefined : shimOf(folder, bootId) };
    }),
  );
  const shims = live.flatMap(({ shim }) => shim ?? []);
  const trees = shims.length > 0 ? await treesOf(shims) : new Map<number, TreeUsage>();
  const pods = new Map<string, ContainerPoint[]>();
  for (const { run, name, instance, counted, shim } of live) {
    const tree = shim === undefined ? undefined : trees.get(shim);
    const used = counted ?? (tree && { cpuNanoseconds: tree.cpuNanoseconds, workingSetBytes: tree.memory });
    if (!used) continue;
    const { uid } = run.pod.metadata;
    const points = pods.get(uid) ?? [];
    points.push({ name, instance, startedMs: startedMsOf(run, name), atMs: Date.now(), ...used });
    pods.set(uid, points);
  }
  return { machine, pods };
}

function shimOf(folder: string, bootId: string): number | undefined {
  const run = readRunFolder(folder, bootId);
  return run.state === 'running' ? run.shim : undefined;
}
