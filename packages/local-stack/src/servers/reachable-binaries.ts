import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { NpmPackage, PostgresBinaries } from './postgres-binaries.js';
import { canReach, type SystemUser } from './unprivileged-user.js';

/** Only root writes here, and every user may read. It is a cache: what is missing is copied again. */
const CACHE = '/var/cache/everynode';
/** A copy takes seconds: a draft that is older was left by a killed run. */
const MAX_DRAFT_AGE_MS = 3_600_000;
const ADVICE =
  'Move the checkout to a folder that other users may enter, run as an ordinary user, or set DATABASE_URL.';

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
 * root made. Links are followed first, since the mode of a link says nothing.
 * @throws Error with the folder that is not safe.
 */
async function assertOnlyRootWrites(folder: string): Promise<void> {
  for (let path = await realpath(folder), isAbove = false; ; path = dirname(path), isAbove = true) {
    const { uid, mode } = await stat(path);
    const isSticky = isAbove && (mode & 0o1000) !== 0;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) {
      throw new Error(`users other than root may write to ${path}`);
    }
    if (path === dirname(path)) return;
  }
}

async function removeOldDrafts(cache: string, prefix: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    // Another run may have removed it meanwhile.
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (name.startsWith(prefix) && age > MAX_DRAFT_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Makes the copy beside its place and moves it in when it is whole. Of several copies at once, the first stays. */
async function copyOnce(from: string, to: string): Promise<void> {
  const cache = dirname(to);
  await chmod(cache, 0o755);
  await assertOnlyRootWrites(cache);
  const prefix = `${basename(to)}.draft-`;
  await removeOldDrafts(cache, prefix);
  const draft = await mkdtemp(join(cache, prefix));
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
 * @throws Error with advice when the programs belong to another installation, which is left as it is, and when they
 * cannot be copied or run from their copy.
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
  try {
    const copied = await copyIn(cache, npmPackage, bin, user);
    return { ...binaries, bin: copied };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Postgres does not run as root, and the user "${user.name}" cannot run it from ${cache}: ${reason}. ${ADVICE}`,
      { cause: error },
    );
  }
}

/** Returns the folder of the programs in the cache, by its path without links: that path is the one that is checked. */
async function copyIn(cache: string, { id, root }: NpmPackage, bin: string, user: SystemUser): Promise<string> {
  await mkdir(cache, { recursive: true });
  const copy = join(await realpath(cache), id);
  const copiedBin = join(copy, relative(root, bin));
  const program = join(copiedBin, 'postgres');
  const isThere = await canReach(user, [program]);
  if (!isThere) await copyOnce(root, copy);
  await assertOnlyRootWrites(copiedBin);
  if (!isThere && !(await canReach(user, [program]))) throw new Error(`${program} is no program that it may run`);
  return copiedBin;
}
