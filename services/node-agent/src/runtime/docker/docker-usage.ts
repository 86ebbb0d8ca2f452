import type { StarvedResource } from '@everynode/kubelet';
import { inBatches, type Logger } from '@everynode/service-shell';
import type { MeasuredContainer } from '../../machine/pod-usage.js';
import type { DockerRun } from './docker-run.js';
import { AT_ONCE, workingSetOf } from './docker-sample.js';
import type { Engine } from './engine.js';
import { nodeLabels } from './labels.js';

interface MeasuredRun {
  run: DockerRun;
  measured: MeasuredContainer[];
}

/**
 * What the containers of each pod use, as the engine measures it; those that have ended meanwhile use nothing. A pod of
 * which something cannot be measured is left out.
 */
export async function measuredRuns(
  runs: Iterable<DockerRun>,
  resource: StarvedResource,
  { engine, node, log }: { engine: Engine; node: string; log: Pick<Logger, 'warn'> },
): Promise<MeasuredRun[]> {
  const written = await writtenBytes(engine, node, resource);
  const measured = await inBatches([...runs], AT_ONCE, async (run) => {
    try {
      return [{ run, measured: await measuredContainers(run, engine, written) }];
    } catch (err) {
      log.warn({ err, pod: run.pod.metadata.name }, 'a pod could not be measured');
      return [];
    }
  });
  return measured.flat();
}

/** The bytes that the containers of a node have written to their own files, by id; none where disks are not short. */
async function writtenBytes(
  engine: Engine,
  node: string,
  resource: StarvedResource,
): Promise<ReadonlyMap<string, number>> {
  if (resource !== 'ephemeral-storage') return new Map();
  const listed = await engine.list(nodeLabels(node), true);
  return new Map(listed.map(({ Id, SizeRw }) => [Id, SizeRw ?? 0]));
}

async function measuredContainers(
  { live }: DockerRun,
  engine: Engine,
  written: ReadonlyMap<string, number>,
): Promise<MeasuredContainer[]> {
  const measured: MeasuredContainer[] = [];
  for (const [name, { id }] of live) {
    const stats = await engine.stats(id);
    if (!stats) continue;
    const processes = stats.pids_stats.current ?? 0;
    measured.push({ name, memory: workingSetOf(stats) ?? 0, processes, written: written.get(id) });
  }
  return measured;
}
