import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { MountSpec, Shim } from '@everynode/container-shim';
import { isMadeOfFiles, subPathOf, type VolumeSources, volumeFiles } from '@everynode/kubelet';
import { type Container, type PodSpec, parseQuantity, wholeValue } from '@everynode/objects';
import type { StateFolder } from '../state/state-folder.js';
import { hostPathFault, isBelow, realPathOf } from './host-path.js';
import { writeAtomically } from './write-atomically.js';

type Volume = NonNullable<PodSpec['volumes']>[number];
type VolumeMount = NonNullable<Container['volumeMounts']>[number];

/** A volume that could not be set up, and why. */
export interface VolumeFault {
  volume: string;
  fault: string;
}

interface PodVolumesOptions {
  state: StateFolder;
  shim: Shim;
  /** Folders of this machine of which pods may mount what is in them. */
  hostRoots: readonly string[];
  /** Whether file systems may be mounted: what is in memory is then in no file. */
  mayMount: boolean;
}

const PROPAGATION: Readonly<Record<string, MountSpec['propagation']>> = {
  None: 'private',
  HostToContainer: 'slave',
  Bidirectional: 'shared',
};

/** Sets up the volumes of pods on this machine, keeps those of objects up to date, and removes them. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  /** By the uid of a pod, the last that is being done for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /**
   * Sets up what is not there yet, and renews what comes from objects. Returns the first volume that could not be. Does
   * nothing when the pod `isGone` by the time that it is its turn.
   */
  setUp(sources: VolumeSources, isGone: () => boolean): Promise<VolumeFault | undefined> {
    return this.#inTurn(sources.pod.metadata.uid, async () => (isGone() ? undefined : this.#setUpAll(sources)));
  }

  async #setUpAll(sources: VolumeSources): Promise<VolumeFault | undefined> {
    for (const volume of sources.pod.spec.volumes ?? []) {
      const fault = await this.#setUp(volume, sources);
      if (fault !== undefined) return { volume: volume.name, fault };
    }
    return undefined;
  }

  /** Removes the volumes of a pod that are its own. Nothing of it may run. */
  remove(uid: string, spec: PodSpec): Promise<void> {
    return this.#inTurn(uid, () => this.#removeAll(uid, spec));
  }

  /** Removes the volumes of a pod of which nothing is known but its uid. */
  removeStray(uid: string): Promise<void> {
    const { state, shim, mayMount } = this.#options;
    return this.#inTurn(uid, async () => {
      const folder = join(state.podFolder(uid), 'volumes');
      for (const name of existsSync(folder) ? await readdir(folder) : []) {
        if (mayMount && (await isMountPoint(join(folder, name)))) await shim.unmount(join(folder, name));
      }
      await removeSubPaths(state.subPathFolder(uid), shim);
      await rm(folder, { recursive: true, force: true });
    });
  }

  /** What is done for one pod is done in turn: what is set up is not removed at the same time. */
  async #inTurn<Result>(uid: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(uid) ?? Promise.resolve();
    const own = before.then(work);
    const turn = own.catch(() => undefined);
    this.#turns.set(uid, turn);
    try {
      return await own;
    } finally {
      if (this.#turns.get(uid) === turn) this.#turns.delete(uid);
    }
  }

  async #removeAll(uid: string, spec: PodSpec): Promise<void> {
    const { state, shim, mayMount } = this.#options;
    for (const volume of spec.volumes ?? []) {
      if (mayMount && isInMemory(volume)) await shim.unmount(state.volume(uid, volume.name));
    }
    await removeSubPaths(state.subPathFolder(uid), shim);
    await rm(join(state.podFolder(uid), 'volumes'), { recursive: true, force: true });
  }

  /**
   * Mounts of whole folders and files in place of mounts with sub-paths, for a runtime that cannot hold a sub-path
   * below its volume. What an earlier run of the container had is replaced.
   * @throws Error that says which sub-path cannot be shown, and why.
   */
  async withoutSubPaths(uid: string, container: string, mounts: readonly MountSpec[]): Promise<MountSpec[]> {
    const { state, shim } = this.#options;
    const folder = state.subPathFolder(uid, container);
    const whole: MountSpec[] = [];
    for (const [i, mount] of mounts.entries()) {
      if (mount.subPath === '') whole.push(mount);
      else {
        const place = join(folder, String(i));
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await removeSubPath(place, shim);
        await shim.bindBeneath(mount.root, mount.subPath, place);
        whole.push({ ...mount, root: place, subPath: '' });
      }
    }
    return whole;
  }

  async #setUp(volume: Volume, sources: VolumeSources): Promise<string | undefined> {
    const { pod } = sources;
    const folder = this.#options.state.volume(pod.metadata.uid, volume.name);
    const { fsGroup } = pod.spec.securityContext ?? {};
    const { hostPath } = volume;
    try {
      if (hostPath) return this.#hostRootOf(hostPath).fault ?? hostPathFault(hostPath.path, hostPath.type ?? undefined);
      if (volume.emptyDir) await this.#emptyDir(volume, folder, fsGroup);
      else if (isMadeOfFiles(volume)) {
        const made = volumeFiles(volume, sources);
        if (made.fault !== undefined) return made.fault;
        await this.#makeFolder(volume, folder);
        await writeAtomically(folder, made.files, fsGroup);
      } else return `this node has no volumes of the kind ${kindOf(volume)}`;
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /**
   * Where a path of the machine leads, or why it is mounted in no pod. What is mounted is what was looked at, and not
   * the path once more: a container may put a link there at any time.
   * @throws Error for links in a circle.
   */
  #hostRootOf({ path }: { path: string }): { root: string; fault?: undefined } | { fault: string } {
    const { hostRoots, state } = this.#options;
    const root = isAbsolute(path) ? realPathOf(path) : undefined;
    if (root === undefined || !isBelow(root, hostRoots)) {
      return { fault: `hostPath ${path} is not below a folder that this node allows: ${hostRoots.join(', ')}` };
    }
    // There are the secrets of all pods.
    return isBelow(root, [state.root]) ? { fault: `hostPath ${path} is in the folder of the agent itself` } : { root };
  }

  async #emptyDir(volume: Volume, folder: string, fsGroup: number | undefined): Promise<void> {
    await this.#makeFolder(volume, folder, async () => {
      await chmod(folder, 0o777);
      if (fsGroup === undefined) return;
      const SET_GROUP = 0o2777;
      await chown(folder, 0, fsGroup);
      await chmod(folder, SET_GROUP);
    });
  }

  /**
   * Makes the folder of a volume, in memory where it is to be there, unless it is there. The machine says whether it is
   * mounted: after a boot of it a folder is there without what was mounted, and a secret would come onto the disk.
   */
  async #makeFolder(volume: Volume, folder: string, prepare?: () => Promise<void>): Promise<void> {
    const done = `${folder}.ready`;
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const isToBeMounted = this.#options.mayMount && isInMemory(volume) && !(await isMountPoint(folder));
    if (isToBeMounted) await this.#options.shim.mountMemory(folder, limitOf(volume));
    else if (existsSync(done)) return;
    await prepare?.();
    // Last: what was cut off before is done again.
    await writeFile(done, '');
  }

  /** The mounts of a container, or why they cannot be made. */
  mountsOf(
    container: Pick<Container, 'volumeMounts'>,
    sources: Pick<VolumeSources, 'pod'>,
    variables: ReadonlyMap<string, string>,
  ): { mounts: MountSpec[]; fault?: undefined } | { fault: string } {
    const mounts: MountSpec[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = sources.pod.spec.volumes?.find(({ name }) => name === mount.name);
      if (!volume) return { fault: `volume ${mount.name} is not one of the pod` };
      const subPath = mount.subPathExpr ? subPathOf(mount.subPathExpr, variables) : { path: mount.subPath ?? '' };
      if (subPath.fault !== undefined) return { fault: subPath.fault };
      const { uid } = sources.pod.metadata;
      const place = volume.hostPath
        ? this.#hostRootOf(volume.hostPath)
        : { root: this.#options.state.volume(uid, volume.name) };
      if (place.fault !== undefined) return { fault: place.fault };
      mounts.push(mountOf(volume, mount, place.root, subPath.path));
    }
    // What is mounted below another mount comes after it.
    mounts.sort((a, b) => (a.target < b.target ? -1 : 1));
    return { mounts };
  }
}

const mountOf = (volume: Volume, mount: VolumeMount, root: string, subPath: string): MountSpec => ({
  root,
  subPath,
  target: mount.mountPath,
  readOnly: mount.readOnly === true || isMadeOfFiles(volume),
  propagation: PROPAGATION[mount.mountPropagation ?? 'None'] ?? 'private',
});

/** Never removes what is below: where it could not be unmounted, that is the volume. */
async function removeSubPath(place: string, shim: Shim): Promise<void> {
  await shim.unmount(place);
  const found = await lstat(place).catch(absent);
  if (found?.isDirectory()) await rmdir(place);
  else if (found) await unlink(place);
}

async function removeSubPaths(folder: string, shim: Shim): Promise<void> {
  const containers = await readdir(folder).catch(absent);
  if (!containers) return;
  for (const container of containers) {
    for (const place of await readdir(join(folder, container))) {
      await removeSubPath(join(folder, container, place), shim);
    }
    await rmdir(join(folder, container));
  }
  await rmdir(folder);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** What is secret, and what is to be in memory, is not written to a disk. */
const isInMemory = ({ emptyDir, secret, projected }: Volume): boolean =>
  emptyDir?.medium === 'Memory' || Boolean(secret ?? projected);

const isMountPoint = async (folder: string): Promise<boolean> =>
  (await stat(folder)).dev !== (await stat(dirname(folder))).dev;

function limitOf({ emptyDir }: Volume): number {
  return emptyDir?.sizeLimit == null ? 0 : Number(wholeValue(parseQuantity(String(emptyDir.sizeLimit))));
}

const kindOf = ({ name: _name, ...kinds }: Volume): string => Object.keys(kinds).join(', ') || 'unknown';
