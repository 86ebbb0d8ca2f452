import { readProcFile, readPsColumn } from './proc-files.js';
import { waitUntil } from './wait-until.js';

/** The command line of a live process, its words joined by blanks; undefined when there is no such process. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return readPsColumn(pid, 'command');
  const words = (readProcFile(pid, 'cmdline') ?? '').split('\0').filter((word) => word !== '');
  return words.length === 0 ? undefined : words.join(' '); // A zombie has no words: it counts as ended.
}

export interface StaleProcess {
  pid: number;
  /**
   * Text that only this process has in its command line, such as a path of this checkout. Guards against reused pids.
   */
  marker: string;
  signal: NodeJS.Signals;
  /** How long it may run on before it is killed, in ms. */
  graceMs: number;
}

/**
 * Stops a process that an earlier run left behind and waits for its end.
 * Returns false, and touches nothing, when the pid is free or belongs to another program.
 */
export async function stopStaleProcess({ pid, marker, signal, graceMs }: StaleProcess): Promise<boolean> {
  const ours = async () => (await commandOf(pid))?.includes(marker) === true;
  if (!(await ours())) return false;
  sendSignal(pid, signal);
  const gone = async () => !(await ours());
  try {
    await waitUntil(gone, { what: `the end of process ${pid}`, deadlineMs: graceMs });
  } catch {
    sendSignal(pid, 'SIGKILL');
    await waitUntil(gone, { what: `the end of killed process ${pid}`, deadlineMs: 5000 });
  }
  return true;
}

/** Like `process.kill`, but it is not an error when the process has ended. Returns whether it was there. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
