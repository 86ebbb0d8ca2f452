import { statfs } from 'node:fs/promises';

/** Free space, for all users, of the file system with this directory; null when it cannot be seen from here. */
export async function freeBytesOf(directory: string | undefined): Promise<number | null> {
  if (directory === undefined) return null;
  return statfs(directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
}
