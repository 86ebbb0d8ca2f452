import { type FileHandle, open, stat } from 'node:fs/promises';
import type { LogLine } from '@everynode/container-streams';
import { pause } from '@everynode/service-shell';
import { LineParts } from './line-parts.js';

const BLOCK = 64 << 10;
/** How often a log that is followed looks for more, in ms. */
const LOOK_MS = 200;

interface LogReading {
  /** Lines from then on, in ms since 1970. */
  sinceMs: number | undefined;
  /** At most so many lines of the end of what is there. */
  tailLines: number | undefined;
  /** Whether more may come; asked at the end of the file. */
  mayGrow: () => boolean;
  /** Ends the reading. */
  signal: AbortSignal;
}

/**
 * Reads a log in the format of the CRI, the file that is written to and not those that were rotated, as a kubelet does.
 * While it may grow, it is followed into the file that a rotation makes. Source: cri-client/pkg/logs.
 */
export async function* readCriLog(path: string, reading: LogReading): AsyncGenerator<LogLine> {
  const { sinceMs, tailLines, mayGrow, signal } = reading;
  let file = await open(path);
  try {
    let position = tailLines === undefined ? 0 : await tailStart(file, tailLines);
    let rest = '';
    const parts = new LineParts();
    while (!signal.aborted) {
      // Asked before the last read: what was written until then is read.
      const isLast = !mayGrow();
      const block = Buffer.alloc(BLOCK);
      const { bytesRead } = await file.read(block, 0, BLOCK, position);
      position += bytesRead;
      if (bytesRead > 0) {
        const end = lastNewline(block, bytesRead);
        const lines = `${rest}${block.toString('latin1', 0, end)}`.split('\n');
        rest = (lines.pop() ?? '') + block.toString('latin1', end, bytesRead);
        for (const line of lines) {
          const parsed = parse(Buffer.from(line, 'latin1').toString('utf8'));
          if (!parsed || (sinceMs !== undefined && Date.parse(parsed.at) < sinceMs)) continue;
          const { isPart, ...next } = parsed;
          const whole = parts.add(next, isPart);
          if (whole) yield whole;
        }
        continue;
      }
      if (isLast) {
        yield* parts.rest();
        return;
      }
      const next = await rotatedTo(path, file);
      if (next) {
        await file.close();
        file = next;
        position = 0;
        rest = '';
      } else await pause(LOOK_MS, signal);
    }
  } finally {
    await file.close();
  }
}

const NEWLINE = 10;

function lastNewline(block: Buffer, size: number): number {
  return block.subarray(0, size).lastIndexOf(NEWLINE) + 1;
}

/** Where the last lines of a file begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  let end = (await file.stat()).size;
  // The end of the last line is no beginning of one.
  let left = lines + 1;
  while (end > 0) {
    const begin = Math.max(0, end - BLOCK);
    const block = Buffer.alloc(end - begin);
    await file.read(block, 0, block.length, begin);
    for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
      left -= 1;
      if (left === 0) return begin + at + 1;
    }
    end = begin;
  }
  return 0;
}

/** The file that has the name now, where it is another one. */
async function rotatedTo(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  try {
    const [now, before] = await Promise.all([stat(path), file.stat()]);
    return now.ino === before.ino ? undefined : await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(line: string): (LogLine & { isPart: boolean }) | undefined {
  const [, at, stream, tag, text] = /^(\S+) (stdout|stderr) ([FP])\S* ([\s\S]*)$/.exec(line) ?? [];
  if (at === undefined || text === undefined) return undefined;
  return { at, stream: stream === 'stderr' ? 'stderr' : 'stdout', text, isPart: tag === 'P' };
}
