import { readFileSync } from 'node:fs';
import { execa } from 'execa';

/** The text of `/proc/PID/FILE` (Linux; proc(5)); undefined when the process has ended. These files are in memory. */
export function readProcFile(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Reads a field of `/proc/PID/stat` by its number in proc(5), from 3 on; undefined when the process has ended. */
export function readProcStat(pid: number): ((field: number) => string) | undefined {
  const text = readProcFile(pid, 'stat');
  if (text === undefined) return undefined;
  // The name in field 2 may hold blanks and brackets, so fields are counted from its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (field) => fields[field - 3] ?? '';
}

/** One column of ps(1) for a process, for systems without /proc; undefined when the process has ended. */
export async function readPsColumn(pid: number, column: string): Promise<string | undefined> {
  const { stdout, exitCode } = await execa('ps', ['-o', `${column}=`, '-p', String(pid)], { reject: false });
  const text = exitCode === 0 ? stdout.trim() : '';
  return text === '' ? undefined : text;
}
