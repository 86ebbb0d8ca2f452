import { existsSync, lstatSync, mkdirSync, realpathSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

type FileKind = 'directory' | 'file' | 'socket' | 'character device' | 'block device';

const KINDS: Readonly<Record<FileKind, (stats: Stats) => boolean>> = {
  directory: (stats) => stats.isDirectory(),
  file: (stats) => stats.isFile(),
  socket: (stats) => stats.isSocket(),
  'character device': (stats) => stats.isCharacterDevice(),
  'block device': (stats) => stats.isBlockDevice(),
};

const WANTED: Readonly<Record<string, FileKind>> = {
  Directory: 'directory',
  DirectoryOrCreate: 'directory',
  File: 'file',
  FileOrCreate: 'file',
  Socket: 'socket',
  CharDevice: 'character device',
  BlockDevice: 'block device',
};

/**
 * Whether a path of this machine without links is one of the roots, or below one, wherever these lead. The root `/` has
 * all.
 * @throws Error for a root on which links lead in a circle.
 */
export function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const way = relative(realPathOf(root), path);
    return way !== '..' && !way.startsWith('../');
  });
}

/** Where a path leads; of one that is not there yet, where it would be. @throws Error for links in a circle. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw error;
    const parent = realPathOf(dirname(path));
    return `${parent === '/' ? '' : parent}/${path.slice(path.lastIndexOf('/') + 1)}`;
  }
}

/**
 * Makes sure that a path of this machine is what a hostPath volume says, and makes it where the type says so. Returns
 * what is wrong, in a kubelet's words. Source: pkg/volume/hostpath/host_path.go.
 */
export function hostPathFault(path: string, type: string | undefined): string | undefined {
  const wanted = WANTED[type ?? ''];
  if (!wanted) return type ? `${type} is an invalid volume type` : undefined;
  try {
    if (!existsSync(path)) {
      if (type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true, mode: 0o755 });
      else if (type === 'FileOrCreate') writeFileSync(path, '', { mode: 0o644, flag: 'wx' });
    }
    return KINDS[wanted](statSync(path)) ? undefined : `hostPath type check failed: ${path} is not a ${wanted}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return message;
    const isBroken = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return type === 'FileOrCreate' && !isBroken
      ? `open ${path}: no such file or directory`
      : `hostPath type check failed: ${path} is not a ${wanted}`;
  }
}
