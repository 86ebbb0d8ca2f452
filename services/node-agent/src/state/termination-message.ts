import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A message is at most so long, in bytes. Source: pkg/kubelet/container/runtime.go. */
const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** What is said at most of the end of a log, in lines and bytes. */
export const LOG_TAIL = { lines: MAX_LOG_LINES, bytes: MAX_LOG_BYTES };

/** A container may have put a link or a pipe in place of its file: neither is followed, and nothing is waited for. */
const AS_IT_IS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The last bytes of a file; none of one that is not there, or is no file. */
function tailOf(path: string, bytes: number): string {
  let fd: number;
  try {
    fd = openSync(path, AS_IT_IS);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes(code)) return '';
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return '';
    const { size } = stats;
    const tail = Buffer.alloc(Math.min(size, bytes));
    const read = readSync(fd, tail, 0, tail.length, size - tail.length);
    return tail.subarray(0, read).toString('utf8');
  } finally {
    closeSync(fd);
  }
}

/** The text of a log line in the format of the CRI, with its line end where the line is whole. */
function textOf(line: string): string {
  const [at = '', stream = '', tag = ''] = line.split(' ', 3);
  const text = line.slice(at.length + stream.length + tag.length + 3);
  return tag === 'P' ? text : `${text}\n`;
}

/** What the end of a log in the format of the CRI says, without times and streams. */
export function lastOfCriLog(path: string): string {
  // A line has 50 characters before its text.
  const lines = tailOf(path, MAX_LOG_BYTES + MAX_LOG_LINES * 64).split('\n');
  const whole = lines.filter((line) => /^\d{4}-\d\d-\d\dT\S+ std(out|err) [FP] /.test(line)).slice(-MAX_LOG_LINES);
  return whole.map(textOf).join('').slice(-MAX_LOG_BYTES);
}

interface Ended {
  /** The file that is mounted where the container writes its message. */
  file: string;
  /** What the end of its log says. */
  lastOfLog: () => string;
  policy: string | undefined;
  code: number;
}

/** What a container says of its end; undefined when it says nothing. */
export function terminationMessage({ file, lastOfLog, policy, code }: Ended): string | undefined {
  const message = tailOf(file, MAX_BYTES);
  if (message !== '') return message;
  const fallsBack = policy === 'FallbackToLogsOnError' && code !== 0;
  return (fallsBack && lastOfLog()) || undefined;
}
