import { readFileSync } from 'node:fs';

/**
 * When a process was started, in ticks of the kernel since the machine was; undefined for one that is not there. Its
 * name, which stands before that in the file, may have any character in it.
 */
export function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const STATE = 0;
  const START_TIME = 19;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // What has ended and was not waited for runs no more.
  return fields[STATE] === 'Z' || fields[STATE] === 'X' ? undefined : fields[START_TIME];
}

/** Whether the process that has the PID is the one that was noted: a PID is used again. */
export const isSameProcess = ({ pid, startTime }: { pid: number; startTime: string }): boolean =>
  startTimeOf(pid) === startTime;
