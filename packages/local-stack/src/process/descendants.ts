import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { readProcStat } from './proc-files.js';

/** Number of the field of /proc/PID/stat that holds the parent (proc(5)). */
const PARENT_FIELD = 4;

/** The processes whose parent is `pid`. */
export async function childrenOf(pid: number): Promise<number[]> {
  if (process.platform === 'linux') {
    const pids = readdirSync('/proc')
      .map(Number)
      .filter((one) => one > 0);
    return pids.filter((one) => Number(readProcStat(one)?.(PARENT_FIELD)) === pid);
  }
  const { stdout } = await execa('ps', ['-A', '-o', 'pid=,ppid='], { reject: false });
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}
