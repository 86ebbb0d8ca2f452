import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
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
  const count = (status: Stats) => {
    // A file with several names takes its room once.
    if (status.nlink > 1 && !status.isDirectory()) {
      if (seen.has(status.ino)) return;
      seen.add(status.ino);
    }
    usage.bytes += status.blocks * BLOCK;
    usage.inodes += 1;
  };
  count(own);
  const waiting = [folder];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for await (const name of namesIn(path)) {
      const below = join(path, name);
      const status = await statusOf(below);
      if (status?.dev !== own.dev) continue;
      count(status);
      if (status.isDirectory()) waiting.push(below);
    }
  }
  return usage;
}

/** The unit of `st_blocks`, whatever the file system has. */
const BLOCK = 512;

const statusOf = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined);

/** The names in a folder, a few at a time: a pod may have made millions. */
async function* namesIn(path: string): AsyncGenerator<string> {
  const folder = await opendir(path).catch(() => undefined);
  if (folder) for await (const { name } of folder) yield name;
}
