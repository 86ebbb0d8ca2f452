import type { AssignedPod, ContainerUsage, PodUsage, StarvedResource } from '@everynode/kubelet';
import type { StateFolder } from '../state/state-folder.js';
import { folderUsage } from './folder-usage.js';

/** What a container uses, as its runtime measures it. */
export interface MeasuredContainer {
  name: string;
  memory: number;
  processes: number;
  /** Bytes that it has written to its own files; undefined where it has none. */
  written: number | undefined;
}

const ON_DISK: ReadonlySet<StarvedResource> = new Set(['ephemeral-storage', 'inodes']);

/**
 * Adds up what a pod uses. Its files are looked at only where a disk is short: that may take long.
 */
export async function podUsage(
  pod: AssignedPod,
  measured: readonly MeasuredContainer[],
  resource: StarvedResource,
  state: StateFolder,
): Promise<PodUsage> {
  const isDisk = ON_DISK.has(resource);
  const files = isDisk ? await folderUsage(state.podFolder(pod.metadata.uid)) : NOTHING;
  const containers = await Promise.all(
    measured.map(async ({ name, memory, written }): Promise<ContainerUsage & { inodes: number }> => {
      const logs = isDisk ? await folderUsage(state.logFolder(pod, name)) : NOTHING;
      return { name, memory, storage: isDisk ? (written ?? 0) + logs.bytes : undefined, inodes: logs.inodes };
    }),
  );
  const sum = (amounts: number[]) => amounts.reduce((all, one) => all + one, 0);
  return {
    memory: sum(measured.map(({ memory }) => memory)),
    storage: files.bytes + sum(containers.map(({ storage }) => storage ?? 0)),
    inodes: files.inodes + sum(containers.map(({ inodes }) => inodes)),
    processes: sum(measured.map(({ processes }) => processes)),
    containers,
  };
}

const NOTHING = { bytes: 0, inodes: 0 };
