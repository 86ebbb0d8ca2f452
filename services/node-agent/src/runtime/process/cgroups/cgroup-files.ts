import { join } from 'node:path';
import { type ContainerLimits, CPU_PERIOD_US } from '../../container-limits.js';
import type { CgroupLayout } from './cgroup-layout.js';

/** All cgroups of agents are below this one: at the top, as those of a kubelet are. */
export const PARENT = 'everynode';

/** The cgroup of a container: a folder in each hierarchy. */
export interface ContainerCgroup {
  /** Its folders. What is to be in the cgroup joins all of them. */
  folders: string[];
  /** The file that counts what the kernel has killed for memory, as `oom_kill N` on a line. */
  oomCounter: string | undefined;
}

/** A file that sets a limit. */
export interface LimitFile {
  controller: string;
  path: string;
  value: string;
  /** Not every machine has it: those without swap have no limit of swap. */
  isOptional?: boolean;
}

/** The folders that the cgroups of containers are in. */
export function parentFolders(layout: CgroupLayout): string[] {
  const roots = layout.version === 2 ? [layout.root] : [...Object.values(layout.roots), layout.unified];
  // Controllers may share a hierarchy, as `cpu,cpuacct`.
  return [...new Set(roots.filter((root) => root !== undefined))].map((root) => join(root, PARENT));
}

export function cgroupOf(layout: CgroupLayout, name: string): ContainerCgroup {
  const folders = parentFolders(layout).map((parent) => join(parent, name));
  if (layout.version === 2) return { folders, oomCounter: join(layout.root, PARENT, name, 'memory.events') };
  const { memory } = layout.roots;
  return { folders, oomCounter: memory && join(memory, PARENT, name, 'memory.oom_control') };
}

/** Lets the cgroups in a folder, of version 2, have limits of a resource. */
export const enabling = (folder: string, controller: string) => ({
  path: join(folder, 'cgroup.subtree_control'),
  value: `+${controller}`,
});

/**
 * What holds a container to its limits, in the order in which it is written. There is no swap, and with version 2 all
 * of a container ends with the first process that is killed for memory. Source: pkg/kubelet/kuberuntime/
 * kuberuntime_container_linux.go; opencontainers/cgroups.
 */
export function limitFiles(layout: CgroupLayout, name: string, limits: ContainerLimits): LimitFile[] {
  const { memoryBytes, cpuShares, cpuQuotaUs } = limits;
  if (layout.version === 2) {
    const file = fileIn(layout.root, name);
    return [
      file('memory', 'memory.max', memoryBytes ?? 'max'),
      { ...file('memory', 'memory.swap.max', 0), isOptional: true },
      { ...file('memory', 'memory.oom.group', 1), isOptional: true },
      file('cpu', 'cpu.weight', cpuWeight(cpuShares)),
      file('cpu', 'cpu.max', `${cpuQuotaUs ?? 'max'} ${CPU_PERIOD_US}`),
    ];
  }
  const { cpu, memory } = layout.roots;
  const files: LimitFile[] = [];
  if (memory !== undefined) {
    const file = fileIn(memory, name);
    const bytes = memoryBytes ?? -1;
    files.push(file('memory', 'memory.limit_in_bytes', bytes));
    files.push({ ...file('memory', 'memory.memsw.limit_in_bytes', bytes), isOptional: true });
  }
  if (cpu !== undefined) {
    const file = fileIn(cpu, name);
    files.push(file('cpu', 'cpu.shares', cpuShares));
    files.push(file('cpu', 'cpu.cfs_period_us', CPU_PERIOD_US));
    files.push(file('cpu', 'cpu.cfs_quota_us', cpuQuotaUs ?? -1));
  }
  return files;
}

const fileIn = (root: string, name: string) => (controller: string, file: string, value: number | string) => ({
  controller,
  path: join(root, PARENT, name, file),
  value: String(value),
});

const MAX_WEIGHT = 10_000;

/**
 * The weight of version 2 for the shares of version 1: 2, 1024 and 262144 become 1, 100 and 10000. Source:
 * opencontainers/cgroups, ConvertCPUSharesToCgroupV2Value.
 */
function cpuWeight(shares: number): number {
  const log = Math.log2(shares);
  const exponent = (log * log + 125 * log) / 612 - 7 / 34;
  return Math.min(MAX_WEIGHT, Math.max(1, Math.ceil(10 ** exponent)));
}
