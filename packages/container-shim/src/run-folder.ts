import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess } from './processes.js';

/** How a run has ended, as its shim has noted it. Times are RFC 3339. */
export interface ContainerExitRecord {
  code: number;
  /** The signal that has ended it; 0 without one. */
  signal: number;
  startedAt: string;
  finishedAt: string;
  /** Whether the kernel has killed something of it because its memory was used up. */
  isOutOfMemory: boolean;
  /** Why its program could not be started. */
  fault: string | undefined;
}

/**
 * What the folder of a run says. `unclaimed`: no shim has begun with it. `beginning`: a shim has, and the program may
 * not be started yet. `running`: with the PIDs of the shim and of the program. `lost`: its shim has ended without a
 * record, by a kill, or with the machine at an earlier boot.
 */
type RunFolderState =
  | { state: 'unclaimed' | 'beginning' }
  | { state: 'running'; shim: number; pid: number; startTime: string; startedAt: string }
  | { state: 'lost'; startedAt: string | undefined; isOfEarlierBoot: boolean }
  | { state: 'ended'; exit: ContainerExitRecord };

/** One `name value` on each line; undefined for a file that is not there. */
function record(folder: string, name: string): ReadonlyMap<string, string> | undefined {
  try {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);
    return new Map(
      lines.map((line) => {
        const blank = line.indexOf(' ');
        return [line.slice(0, blank), line.slice(blank + 1)];
      }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads what became of a run. `bootId` is that of the machine now: processes of an earlier one are gone. */
export function readRunFolder(folder: string, bootId: string): RunFolderState {
  const exit = record(folder, 'exit');
  if (exit) return { state: 'ended', exit: exitOf(exit) };
  const holder = record(folder, 'run');
  if (!holder) return { state: 'unclaimed' };
  const started = record(folder, 'started');
  const startedAt = started?.get('startedAt');
  const shim = { pid: Number(holder.get('pid')), startTime: holder.get('startTime') ?? '' };
  const isOfEarlierBoot = holder.get('bootId') !== bootId;
  if (isOfEarlierBoot || !isSameProcess(shim)) {
    // It may have ended between the two looks.
    const late = record(folder, 'exit');
    return late ? { state: 'ended', exit: exitOf(late) } : { state: 'lost', startedAt, isOfEarlierBoot };
  }
  if (!started || startedAt === undefined) return { state: 'beginning' };
  const program = { pid: Number(started.get('pid')), startTime: started.get('startTime') ?? '' };
  return { state: 'running', shim: shim.pid, ...program, startedAt };
}

/**
 * Claims a run, so that no shim begins with it any more. Returns false when one has done so before.
 * Two may try: the one that links the file first has it.
 */
export function claimRun(folder: string): boolean {
  const own = join(folder, `.claim.${process.pid}`);
  writeFileSync(own, 'pid 0\nstartTime 0\nbootId none\n', { mode: 0o600 });
  try {
    linkSync(own, join(folder, 'run'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

function exitOf(exit: ReadonlyMap<string, string>): ContainerExitRecord {
  return {
    code: Number(exit.get('code')),
    signal: Number(exit.get('signal')),
    startedAt: exit.get('startedAt') ?? '',
    finishedAt: exit.get('finishedAt') ?? '',
    isOutOfMemory: exit.get('oom') === '1',
    fault: exit.get('fault'),
  };
}
