import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VolumeFile } from '@everynode/kubelet';

const DATA = '..data';
const DIGEST = '..digest';

/**
 * Makes a folder show these files, all of them at once: they are links to `..data`, which is a link to a folder of this
 * content and is replaced by a rename. Does nothing when the content is what is there. Source:
 * pkg/volume/util/atomic_writer.go.
 */
export async function writeAtomically(
  folder: string,
  files: ReadonlyMap<string, VolumeFile>,
  group: number | undefined,
): Promise<void> {
  const digest = digestOf(files, group);
  const before = await linkOf(join(folder, DATA));
  if (before !== undefined && (await linkOf(join(folder, before, DIGEST))) === digest) return;
  const name = `..content_${randomBytes(8).toString('hex')}`;
  const content = join(folder, name);
  await mkdir(content, { recursive: true, mode: 0o755 });
  for (const [path, { bytes, mode, owner }] of files) {
    const at = join(content, path);
    await mkdir(dirname(at), { recursive: true, mode: 0o755 });
    await writeFile(at, bytes);
    if (owner !== undefined || group !== undefined) await chown(at, owner ?? 0, group ?? 0);
    // A group that was asked for may read what the owner may.
    await chmod(at, group === undefined ? mode : mode | ((mode & 0o500) >> 3));
  }
  await symlink(digest, join(content, DIGEST));
  const next = join(folder, '..data_tmp');
  await rm(next, { force: true });
  await symlink(name, next);
  await rename(next, join(folder, DATA));
  await showEntries(folder, new Set([...files.keys()].map((path) => path.split('/')[0] ?? path)));
  if (before !== undefined) await rm(join(folder, before), { recursive: true, force: true });
}

/** The first part of each path is a link into `..data`; links of what is gone go. */
async function showEntries(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  const shown = new Set((await readdir(folder)).filter((name) => !name.startsWith('..')));
  for (const name of wanted) if (!shown.has(name)) await symlink(join(DATA, name), join(folder, name));
  for (const name of shown) if (!wanted.has(name)) await unlink(join(folder, name));
}

async function linkOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function digestOf(files: ReadonlyMap<string, VolumeFile>, group: number | undefined): string {
  const hash = createHash('sha256').update(`${group ?? ''}\0`);
  for (const [path, { bytes, mode, owner }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${owner ?? ''}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
