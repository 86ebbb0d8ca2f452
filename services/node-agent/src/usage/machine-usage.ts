import { readFileSync } from 'node:fs';
import { bytesIn } from '../machine/proc-fields.js';
import { NANOSECONDS_PER_TICK } from '../machine/process-trees.js';
import type { UsageSample } from './usage-sample.js';

/**
 * What this machine has used. The working set is what a kubelet takes for that of the root: all that is not free, but
 * for files that are not in use. Source: opencontainers/cgroups fs2/memory.go, statsFromMeminfo; cadvisor,
 * setMemoryStats.
 */
export function machineUsage(): UsageSample['machine'] {
  const atMs = Date.now();
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    readFileSync('/proc/stat', 'utf8').slice(0, 200).split('\n', 1)[0]?.split(/ +/).map(Number) ?? [];
  const memory = readFileSync('/proc/meminfo', 'utf8');
  const bytes = (name: string): number => bytesIn(memory, name) ?? 0;
  return {
    atMs,
    cpuNanoseconds: (user + nice + system + irq + softirq + steal) * NANOSECONDS_PER_TICK,
    workingSetBytes: Math.max(0, bytes('MemTotal') - bytes('MemFree') - bytes('Inactive(file)')),
  };
}
