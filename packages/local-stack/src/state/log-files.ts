import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A log that is longer at a start is put aside; one older generation is kept. */
const LONG_LOG_BYTES = 16 * 1024 * 1024;

/** The size of a file in bytes; 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The last lines that a log file has gained since it was `fromByte` long, for an error message. */
export async function lastLines(path: string, count: number, fromByte = 0): Promise<string> {
  const size = await sizeOf(path);
  if (size <= fromByte) return '';
  const file = await open(path, 'r');
  try {
    const start = Math.max(fromByte, size - 64 * 1024);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-count).join('\n');
  } finally {
    await file.close();
  }
}

/** Returns the path of a log for appending. An old log that is long has been renamed to `NAME.log.1`. */
export async function rotatedLog(logsDir: string, name: string): Promise<string> {
  const path = join(logsDir, `${name}.log`);
  if ((await sizeOf(path)) > LONG_LOG_BYTES) await rename(path, `${path}.1`);
  return path;
}
