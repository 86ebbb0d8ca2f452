import { rename, rm } from 'node:fs/promises';

/** Renames a file to `PATH.1`, that to `PATH.2` and so on. The oldest of `backups` files is removed. */
export async function putAside(path: string, backups: number): Promise<void> {
  await rm(backups === 0 ? path : `${path}.${backups}`, { force: true });
  for (let number = backups - 1; number >= 0; number -= 1) {
    await rename(number === 0 ? path : `${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing);
  }
}

/** There are fewer files than may be kept. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
