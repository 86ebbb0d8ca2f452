import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.js';
import { canReach, type SystemUser } from './unprivileged-user.js';

/** Only root writes here, and every user may read. It is a cache: what is missing is copied again. */
const CACHE = '/var/cache/everynode';

/** Copies a tree so that every user may read and run it, whatever the umask and the modes of the originals. */
async function copyForAll(from: string, to: string): Promise<void> {
  const entry = await lstat(from);
  if (entry.isSymbolicLink()) {
    await symlink(await readlink(from), to);
  } else if (entry.isDirectory()) {
    await mkdir(to);
    await chmod(to, 0o755);
    for (const name of await readdir(from)) await copyForAll(join(from, name), join(to, name));
  } else {
    await copyFile(from, to);
    await chmod(to, (entry.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/**
 * Programs are only run from where no other user can put a program of its own: the folder and all above it belong to
 * root, and no one else may write there. A folder such as /tmp is allowed above it, since its sticky bit protects what
 * root made.
 * @throws Error with the folder that is not safe.
 */
async function assertOnlyRootWrites(folder: string): Promise<void> {
  for (let path = folder, isAbove = false; ; path = dirname(path), isAbove = true) {
    const { uid, mode } = await lstat(path);
    const isSticky = isAbove && (mode & 0o1000) !== 0;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) {
      throw new Error(`Postgres cannot run from ${folder}: users other than root may write to ${path}`);
    }
    if (path === dirname(path)) return;
  }
}

/** Makes the copy beside its place and moves it in when it is whole. Of several copies at once, the first stays. */
async function copyOnce(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await chmod(dirname(to), 0o755);
  await assertOnlyRootWrites(dirname(to));
  const draft = await mkdtemp(`${to}.draft-`);
  try {
    await copyForAll(from, join(draft, 'copy'));
    await rename(join(draft, 'copy'), to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * The same programs where `user` can run them. Those of the npm package are copied out of a checkout that only root may
 * enter, once for each version of the package.
 * @throws Error with advice when the programs belong to another installation, which is left as it is.
 */
export async function reachableBinaries(
  binaries: PostgresBinaries,
  user: SystemUser,
  cache = CACHE,
): Promise<PostgresBinaries> {
  const { bin, npmPackage } = binaries;
  if (await canReach(user, [join(bin, 'postgres')])) return binaries;
  if (npmPackage === undefined) {
    throw new Error(
      `Postgres does not run as root, and the user "${user.name}" cannot run ${join(bin, 'postgres')}. ` +
        'Let other users enter its folder, or set DATABASE_URL to a server of yours.',
    );
  }
  const copy = join(cache, npmPackage.id);
  const copied = { ...binaries, bin: join(copy, relative(npmPackage.root, bin)) };
  if (!(await canReach(user, [join(copied.bin, 'postgres')]))) await copyOnce(npmPackage.root, copy);
  await assertOnlyRootWrites(copied.bin);
  return copied;
}
