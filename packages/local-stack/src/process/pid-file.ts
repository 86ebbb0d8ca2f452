import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { stopStaleProcess } from './process-command.js';

const SUFFIX = '.pid';
const GRACE_MS = 15_000;

/** A service's process, and the script that it runs, which identifies the process later. */
export interface RecordedProcess {
  pid: number;
  entry: string;
  healthPort: number;
}

export async function writePidFile(runDir: string, name: string, process: RecordedProcess): Promise<void> {
  const { pid, entry, healthPort } = process;
  await writeSecretFile(join(runDir, name + SUFFIX), `${pid}\n${entry}\n${healthPort}\n`);
}

/** The processes that have a pid file, by name: also where the supervisor has died or hangs. */
export async function recordedProcesses(runDir: string): Promise<({ name: string } & RecordedProcess)[]> {
  const files = (await readdir(runDir).catch(() => [])).filter((name) => name.endsWith(SUFFIX)).sort();
  return Promise.all(
    files.map(async (file) => {
      const [pid, entry = '', port] = ((await readIfPresent(join(runDir, file))) ?? '').split('\n');
      return { name: file.slice(0, -SUFFIX.length), pid: Number(pid), entry, healthPort: Number(port) };
    }),
  );
}

export async function removePidFile(runDir: string, name: string): Promise<void> {
  await rm(join(runDir, name + SUFFIX), { force: true });
}

/**
 * Ends services that a killed supervisor left. They end by themselves when it dies; this waits for slow services and
 * kills those that hang.
 */
export async function stopLeftoverServices(runDir: string): Promise<void> {
  const files = (await readdir(runDir)).filter((name) => name.endsWith(SUFFIX));
  await Promise.all(
    files.map(async (file) => {
      const [pid, entry] = ((await readIfPresent(join(runDir, file))) ?? '').split('\n');
      if (Number(pid) > 0 && entry) {
        await stopStaleProcess({ pid: Number(pid), marker: entry, signal: 'SIGTERM', graceMs: GRACE_MS });
      }
      await rm(join(runDir, file), { force: true });
    }),
  );
}
