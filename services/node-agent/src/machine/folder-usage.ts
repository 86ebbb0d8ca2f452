import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What files take of a disk. */
export interface FolderUsage {
  bytes: number;
  inodes: number;
}

/**
 * What is in a folder and below, on the file system that it is on: what is mounted in it is not looked at. Files that
 * go meanwhile do not count. Source: du(1), as a kubelet measures volumes.
 */
export async function folderUsage(folder: string): Promise<FolderUsage> {
  const usage = { bytes: 0, inodes: 0 };
  const own = await statusOf(folder);
  if (!own) return usage;
  const seen = new Set<number>();
  const waiting: [path: string, status: Stats][] = [[folder, own]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [path, status] = next;
    // A file with several names takes its room once.
    if (status.nlink > 1 && !status.isDirectory()) {
      if (seen.has(status.ino)) continue;
      seen.add(status.ino);
    }
    usage.bytes += status.blocks * BLOCK;
    usage.inodes += 1;
    if (!status.isDirectory()) continue;
    for (const { name } of await entriesOf(path)) {
      const child = join(path, name);
      const below = await statusOf(child);
      if (below?.dev === own.dev) waiting.push([child, below]);
    }
  }
  return usage;
}

/** The unit of `st_blocks`, whatever the file system has. */
const BLOCK = 512;

const statusOf = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined);

const entriesOf = (path: string): Promise<Dirent[]> => readdir(path, { withFileTypes: true }).catch(() => []);
