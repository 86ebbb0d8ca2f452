import { open, stat } from 'node:fs/promises';

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
