import { readdir, readFile } from 'node:fs/promises';

/** What a process and all that came of it use. */
export interface TreeUsage {
  /** Bytes that are its own, and not those of files. */
  memory: number;
  processes: number;
}

/**
 * What the trees of processes use that begin with these PIDs. Processes that end meanwhile do not count. Source:
 * proc_pid_status(5).
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
    const texts = await Promise.all(tree.map((pid) => textOf(`${proc}/${pid}/status`)));
    const living = texts.filter((text) => text !== '');
    const memory = living.reduce((sum, text) => sum + anonymousBytes(text), 0);
    return [root, { memory, processes: living.length }];
  });
  return new Map(await Promise.all(usages));
}

const anonymousBytes = (status: string): number =>
  ((numberIn(status, 'RssAnon') ?? 0) + (numberIn(status, 'RssShmem') ?? 0)) * 1024;

function numberIn(status: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Empty where the process is gone. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
