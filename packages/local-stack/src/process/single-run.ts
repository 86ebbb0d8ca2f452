import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent } from '@everynode/service-shell/private-files';
import { COMMANDS, HERE } from '../installation.js';
import { readProcStat, readPsColumn } from './proc-files.js';

/** When a live process began, in a form that only serves to compare: pid and this together are never used again. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? readProcStat(pid)?.(22) : readPsColumn(pid, 'lstart');
}

const fileIn = (runDir: string) => join(runDir, 'supervisor.json');

/** The pid of the supervisor that holds `runDir`, or undefined when none is alive. */
export async function holderOf(runDir: string): Promise<number | undefined> {
  const text = await readIfPresent(fileIn(runDir));
  if (text === undefined || text === '') return undefined;
  const { pid, began } = JSON.parse(text) as { pid: number; began: string };
  return (await startTimeOf(pid)) === began ? pid : undefined;
}

/** Thrown when another supervisor holds the directory. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly retryable = false;
  constructor(readonly pid: number) {
    super(`Everynode runs already ${HERE} (process ${pid}). Stop it first: ${COMMANDS.stop}`);
  }
}

/**
 * Claims `runDir` for this process; the claim of a dead one is taken over. Returns a function that
 * releases it.
 * @throws {@link AlreadyRunningError} when another supervisor holds the directory.
 */
export async function claimRun(runDir: string): Promise<() => Promise<void>> {
  const file = fileIn(runDir);
  const claim = JSON.stringify({ pid: process.pid, began: await startTimeOf(process.pid) });
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
