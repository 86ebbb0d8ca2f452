import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, startTimeOf } from '@everynode/container-shim';

const HOLDER = 'agent.pid';

/**
 * Has this process hold a state folder as long as it lives: two agents on one folder would run every container twice.
 * @throws Error where another one holds it.
 */
export function holdFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, HOLDER);
  const own = join(folder, `.${HOLDER}.${process.pid}`);
  const holder = `${process.pid} ${startTimeOf(process.pid)}`;
  writeFileSync(own, holder, { mode: 0o600 });
  try {
    // It is there whole or not at all.
    linkSync(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    refuseLiving(path, folder);
    // That of an agent that was killed. Where two agents find it, the one that puts its own there last has it.
    renameSync(own, path);
    refuseLiving(path, folder);
  } finally {
    rmSync(own, { force: true });
  }
}

/** @throws Error where the process in the file lives, and is not this one. */
function refuseLiving(path: string, folder: string): void {
  const [pid = '', startTime = ''] = readFileSync(path, 'utf8').split(' ');
  if (Number(pid) === process.pid || !isSameProcess({ pid: Number(pid), startTime })) return;
  throw new Error(`another agent (process ${pid}) keeps its pods in ${folder}: end it, or name another folder`);
}
