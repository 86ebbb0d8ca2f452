import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HANDED_DIRECTORY } from '../process/guarded-process.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { reachableBinaries } from './reachable-binaries.js';
import { canReach, type SystemUser, unprivilegedUser } from './unprivileged-user.js';

/** How the programs of Postgres are run: as which user, from where, and by which path they reach their directory. */
export interface PostgresAccess {
  /** Runs the programs and owns the data; undefined: the user of this process. */
  user: SystemUser | undefined;
  binaries: PostgresBinaries;
  /** The directory of the data, as the programs reach it. */
  dir: string;
  /** To be handed over to each program; undefined where the programs reach the directory by its own path. */
  directory: FileHandle | undefined;
}

/**
 * Postgres refuses to run as root, so root runs it as an unprivileged user. Where that user cannot enter a folder on
 * the way to `dir` (a checkout in root's home), the programs get the open directory and reach it as `/proc/self/fd/N`:
 * the kernel checks the folders on the way when a directory is opened, which root has done. It takes no capability and
 * no mount. The caller closes `directory`.
 * @throws Error with advice when there is no such user, or it cannot run the programs.
 */
export async function postgresAccess(dir: string, binaries: PostgresBinaries): Promise<PostgresAccess> {
  if (process.getuid?.() !== 0) return { user: undefined, binaries, dir, directory: undefined };
  const user = await unprivilegedUser();
  const reachable = await reachableBinaries(binaries, user);
  if (await canReach(user, [dirname(dir)])) return { user, binaries: reachable, dir, directory: undefined };
  if (process.platform !== 'linux') {
    throw new Error(
      `Postgres does not run as root, and the user "${user.name}" cannot enter ${dirname(dir)}. ` +
        'Move the checkout to a folder that other users may enter, run as an ordinary user, or set DATABASE_URL.',
    );
  }
  return { user, binaries: reachable, dir: HANDED_DIRECTORY, directory: await open(dir, 'r') };
}
