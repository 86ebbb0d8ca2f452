import { join } from 'node:path';
import { PARENT } from './cgroup-files.js';
import type { CgroupLayout } from './cgroup-layout.js';

/** What a container uses. */
export interface ContainerUsage {
  /** Time of processors that it has used since it began, in ns. */
  cpuNanoseconds: number;
  /** Its memory without the files that can be dropped. */
  workingSetBytes: number;
}

const NANOSECONDS_OF_MICROSECOND = 1000;

/** The value of a line `NAME VALUE`. */
const counted = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);

/**
 * What the container with this cgroup uses, by its files; undefined where the machine counts one of the two for none.
 * Source: cadvisor, container/libcontainer/handler.go, setMemoryStats.
 */
export function usageOf(
  layout: CgroupLayout,
  name: string,
  read: (path: string) => string,
): ContainerUsage | undefined {
  if (layout.version === 2) {
    const at = (file: string) => read(join(layout.root, PARENT, name, file));
    const workingSetBytes = Number(at('memory.current')) - counted(at('memory.stat'), 'inactive_file');
    const cpuNanoseconds = counted(at('cpu.stat'), 'usage_usec') * NANOSECONDS_OF_MICROSECOND;
    return { cpuNanoseconds, workingSetBytes: Math.max(0, workingSetBytes) };
  }
  const { memory, cpuacct } = layout.roots;
  if (memory === undefined || cpuacct === undefined) return undefined;
  const at = (root: string, file: string) => read(join(root, PARENT, name, file));
  const used = Number(at(memory, 'memory.usage_in_bytes'));
  const workingSetBytes = used - counted(at(memory, 'memory.stat'), 'total_inactive_file');
  return { cpuNanoseconds: Number(at(cpuacct, 'cpuacct.usage')), workingSetBytes: Math.max(0, workingSetBytes) };
}
