import { readdir, readFile } from 'node:fs/promises';
import { bytesIn, numberIn } from './proc-fields.js';

/** What a process and all that came of it use. */
export interface TreeUsage {
  /** Bytes that are its own, and not those of files. */
  memory: number;
  processes: number;
  /** Time of processors, of processes that have ended and were waited for as well. In ns. */
  cpuNanoseconds: number;
}

/** Linux counts processor time for programs in hundredths of a second, whatever the kernel itself does. */
export const NANOSECONDS_PER_TICK = 1e7;

/**
 * What the trees of processes use that begin with these PIDs. Processes that end meanwhile do not count. Source:
 * proc_pid_status(5), proc_pid_stat(5).
 */
export async function treesOf(pids: readonly number[], proc = '/proc'): Promise<ReadonlyMap<number, TreeUsage>> {
  const children = new Map<number, number[]>();
  for (const name of await readdir(proc)) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = numberIn(await textOf(`${proc}/${pid}/status`), 'PPid');
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const usages = pids.map(async (root): Promise<[number, TreeUsage]> => {
    const tree = [root];
    for (const pid of tree) tree.push(...(children.get(pid) ?? []));
    const textsOf = (file: string) => Promise.all(tree.map((pid) => textOf(`${proc}/${pid}/${file}`)));
    const [statuses, stats] = await Promise.all([textsOf('status'), textsOf('stat')]);
    const living = statuses.filter((text) => text !== '');
    const memory = living.reduce((sum, text) => sum + anonymousBytes(text), 0);
    const ticks = stats.reduce((sum, text) => sum + ticksIn(text), 0);
    return [root, { memory, processes: living.length, cpuNanoseconds: ticks * NANOSECONDS_PER_TICK }];
  });
  return new Map(await Promise.all(usages));
}

const anonymousBytes = (status: string): number =>
  (bytesIn(status, 'RssAnon') ?? 0) + (bytesIn(status, 'RssShmem') ?? 0);

/** Fields 14 to 17 of `stat`, behind the name, which may have any character in it. */
const ticksIn = (stat: string): number =>
  stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0);

/** Empty where the process is gone. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
