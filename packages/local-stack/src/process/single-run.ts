import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { readIfPresent } from '../state/private-files.js';

/** When a live process began, in a form that only serves to compare: pid and this together are never used again. */
async function beginningOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // Field 22; the name in field 2 may hold blanks, so count from its closing bracket (proc(5)).
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ESRCH') return undefined;
      throw error;
    }
  }
  const { stdout, exitCode } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false });
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

const fileIn = (runDir: string) => join(runDir, 'supervisor.json');

/** The pid of the supervisor that holds `runDir`, or undefined when none is alive. */
export async function holderOf(runDir: string): Promise<number | undefined> {
  const text = await readIfPresent(fileIn(runDir));
  if (text === undefined || text === '') return undefined;
  const { pid, began } = JSON.parse(text) as { pid: number; began: string };
  return (await beginningOf(pid)) === began ? pid : undefined;
}

/** Thrown when another supervisor holds the directory. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly retryable = false;
  constructor(readonly pid: number) {
    super(`Everynode runs already in this checkout (process ${pid}). Stop it first: npm run stop`);
  }
}

/**
 * Claims `runDir` for this process; what a dead one left is taken over. Returns how to let go.
 * Throws {@link AlreadyRunningError}.
 */
export async function claimRun(runDir: string): Promise<() => Promise<void>> {
  const file = fileIn(runDir);
  const claim = JSON.stringify({ pid: process.pid, began: await beginningOf(process.pid) });
  for (;;) {
    try {
      await writeFile(file, claim, { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(runDir);
    if (holder !== undefined) throw new AlreadyRunningError(holder);
    await rm(file, { force: true });
  }
}
