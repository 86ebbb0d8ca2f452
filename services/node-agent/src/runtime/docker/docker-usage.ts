import type { StarvedResource } from '@everynode/kubelet';
import type { MeasuredContainer } from '../../machine/pod-usage.js';
import type { LiveContainer } from './docker-run.js';
import { workingSetOf } from './docker-sample.js';
import { type Engine, isGone } from './engine.js';
import { nodeLabels } from './labels.js';

/** The bytes that the containers of a node have written to their own files, by id; none where disks are not short. */
export async function writtenBytes(
  engine: Engine,
  node: string,
  resource: StarvedResource,
): Promise<ReadonlyMap<string, number>> {
  if (resource !== 'ephemeral-storage') return new Map();
  const listed = await engine.list(nodeLabels(node), true);
  return new Map(listed.map(({ Id, SizeRw }) => [Id, SizeRw ?? 0]));
}

/** What a container uses; nothing for one that has ended meanwhile. The working set is as a kubelet has it. */
export async function measuredContainer(
  engine: Engine,
  [name, { id }]: [name: string, live: LiveContainer],
  written: ReadonlyMap<string, number>,
): Promise<MeasuredContainer[]> {
  try {
    const stats = await engine.stats(id);
    const processes = stats.pids_stats.current ?? 0;
    return [{ name, memory: workingSetOf(stats) ?? 0, processes, written: written.get(id) }];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}
