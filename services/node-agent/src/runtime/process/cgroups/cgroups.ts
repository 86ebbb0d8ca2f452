import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shim } from '@everynode/container-shim';
import type { Logger } from '@everynode/service-shell';
import type { ContainerLimits } from '../../container-limits.js';
import { type ContainerCgroup, cgroupOf, enabling, type LimitFile, limitFiles, parentFolders } from './cgroup-files.js';
import { type CgroupLayout, LIMITED, layoutOf } from './cgroup-layout.js';
import { type ContainerUsage, usageOf } from './cgroup-usage.js';

/** The cgroups of containers on this machine. */
export class Cgroups {
  readonly #layout: CgroupLayout;
  /** The resources of containers that limits are enforced of. */
  readonly enforced: readonly string[];

  private constructor(layout: CgroupLayout, enforced: readonly string[]) {
    this.#layout = layout;
    this.enforced = enforced;
  }

  /** Those that this process may make; undefined where it may make none: it is not root, or they are read-only. */
  static find(log: Pick<Logger, 'warn'>): Cgroups | undefined {
    const controllersAt = (root: string) => readFileSync(join(root, 'cgroup.controllers'), 'utf8');
    try {
      const layout = layoutOf(readFileSync('/proc/self/mountinfo', 'utf8'), controllersAt);
      const enforced = layout ? makeParents(layout) : [];
      if (!layout || enforced.length === 0) return undefined;
      removeFolders(parentFolders(layout));
      return new Cgroups(layout, enforced);
    } catch (err) {
      log.warn({ err }, 'no cgroups can be made: limits are not enforced');
      return undefined;
    }
  }

  /** Makes the cgroup of a container, with its limits. @throws Error that says which of them cannot be set. */
  make(name: string, limits: ContainerLimits): ContainerCgroup {
    makeParents(this.#layout);
    const made = cgroupOf(this.#layout, name);
    try {
      for (const folder of made.folders) mkdirSync(folder, { recursive: true });
      this.setLimits(name, limits);
      return made;
    } catch (error) {
      removeFolders(made.folders);
      throw error;
    }
  }

  /** The folders of a cgroup that are there. Containers that another kind of agent has started may have none. */
  foldersOf(name: string): string[] {
    return cgroupOf(this.#layout, name).folders.filter((folder) => existsSync(folder));
  }

  /** The names of all that are there. They may be of several agents of this machine. */
  names(): string[] {
    return [...new Set(parentFolders(this.#layout).flatMap(foldersIn))];
  }

  /** Sets the limits of a container that may run. @throws Error that says which of them cannot be set. */
  setLimits(name: string, limits: ContainerLimits): void {
    const files = limitFiles(this.#layout, name, limits).filter(({ controller }) => this.enforced.includes(controller));
    // One limit may not be above another: whichever way both go, what is refused first can be set in the second turn.
    const refused = files.filter((file) => faultOf(file) !== undefined);
    for (const file of refused) {
      const fault = faultOf(file);
      if (fault) throw fault;
    }
  }

  /**
   * Removes a cgroup, and kills what is left in it. Does nothing where there is none.
   * @throws Error where something in it cannot be killed.
   */
  async remove(name: string, shim: Shim): Promise<void> {
    const { folders } = cgroupOf(this.#layout, name);
    if (!removeFolders(folders)) await shim.removeCgroup(folders);
    removeFolders(parentFolders(this.#layout));
  }

  /** What a container uses; undefined where it has no cgroup. */
  usage(name: string): ContainerUsage | undefined {
    try {
      return usageOf(this.#layout, name, (path) => readFileSync(path, 'utf8'));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENODEV') return undefined;
      throw error;
    }
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** The names of the folders in a folder; none where it is not there. */
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Makes the folders that the cgroups of containers are in. Returns the resources that these can limit. */
function makeParents(layout: CgroupLayout): string[] {
  const parents = parentFolders(layout);
  for (const parent of parents) mkdirSync(parent, { recursive: true });
  if (layout.version === 1) return LIMITED.filter((controller) => layout.roots[controller] !== undefined);
  return LIMITED.filter((controller) =>
    [layout.root, ...parents].every((folder) => !faultOf(enabling(folder, controller))),
  );
}

/** Writes a value to a file that is there already. Returns why it could not be. */
function faultOf({ path, value, isOptional }: Omit<LimitFile, 'controller'>): Error | undefined {
  try {
    writeFileSync(path, value, { flag: 'r+' });
    return undefined;
  } catch (error) {
    return isOptional && codeOf(error) === 'ENOENT' ? undefined : (error as Error);
  }
}

/** Removes cgroups. Returns whether none of them is there any more: one with processes in it stays. */
function removeFolders(folders: readonly string[]): boolean {
  let areGone = true;
  for (const folder of folders) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') continue;
      if (codeOf(error) !== 'EBUSY') throw error;
      areGone = false;
    }
  }
  return areGone;
}
