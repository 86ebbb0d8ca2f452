import { readdir, readFile } from 'node:fs/promises';

/** CPU in ms since the process began, memory in bytes, of one kind of process together. */
export interface Usage {
  cpuMs: number;
  rssBytes: number;
}

const TICK_MS = 10;
const PAGE = 4096;
const KINDS: readonly [word: RegExp, kind: string][] = [
  [/postgres/, 'postgres'],
  [/nats-server/, 'nats'],
  [/services\/api\//, 'api'],
  [/services\/scheduler\//, 'scheduler'],
  [/services\/node-agent\//, 'node-agent'],
];

/** Text of a file of a process; empty when the process has ended meanwhile. */
async function ofProcess(pid: string, file: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

/** What the descendants of a process use, by kind. Linux: it is read from /proc. */
export async function usageUnder(root: number): Promise<Map<string, Usage>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => {
      const [stat, command] = await Promise.all([ofProcess(pid, 'stat'), ofProcess(pid, 'cmdline')]);
      // The name in parentheses may hold anything; fields are counted behind it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [parent, user, system, pages] = [fields[1], fields[11], fields[12], fields[21]].map(Number);
      return { pid: Number(pid), parent: parent ?? 0, command, ticks: (user ?? 0) + (system ?? 0), pages: pages ?? 0 };
    }),
  );
  const children = new Map<number, typeof all>();
  for (const one of all) children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
  const usage = new Map<string, Usage>();
  const visit = (pid: number, inherited: string | undefined): void => {
    for (const { pid: child, command, ticks, pages } of children.get(pid) ?? []) {
      const kind = KINDS.find(([word]) => word.test(command))?.[1] ?? inherited;
      if (kind !== undefined) {
        const { cpuMs, rssBytes } = usage.get(kind) ?? { cpuMs: 0, rssBytes: 0 };
        usage.set(kind, { cpuMs: cpuMs + ticks * TICK_MS, rssBytes: rssBytes + pages * PAGE });
      }
      visit(child, kind);
    }
  };
  visit(root, undefined);
  return usage;
}

/** CPU that was used between two readings, in ms by kind, and the memory of the second. */
export function usageBetween(before: Map<string, Usage>, after: Map<string, Usage>): Record<string, Usage> {
  return Object.fromEntries(
    [...after].map(([kind, { cpuMs, rssBytes }]) => [
      kind,
      { cpuMs: cpuMs - (before.get(kind)?.cpuMs ?? 0), rssBytes },
    ]),
  );
}
