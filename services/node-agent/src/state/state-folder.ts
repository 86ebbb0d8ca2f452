import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AssignedPod, isAssignedPod } from '@everynode/kubelet';

/** Only root may look in: volumes of secrets are below. */
const PRIVATE = 0o700;
const SUB_PATHS = 'subpaths';

/**
 * Where an agent of real pods keeps what outlives it. A pod has a folder by its uid, with its object, its volumes, and
 * a folder for each run of a container; logs are where a kubelet would write them, below `logs/pods`.
 */
export class StateFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    for (const part of ['', 'pods', 'logs']) mkdirSync(join(root, part), { recursive: true, mode: PRIVATE });
  }

  get programs(): string {
    return join(this.root, 'bin');
  }

  podFolder(uid: string): string {
    return join(this.root, 'pods', uid);
  }

  volume(uid: string, name: string): string {
    return join(this.podFolder(uid), 'volumes', name);
  }

  /**
   * Where sub-paths of volumes are shown for a container. It is beside the folders of pods, because these are removed
   * with all that is below.
   */
  subPathFolder(uid: string, container?: string): string {
    return join(this.root, SUB_PATHS, uid, ...(container === undefined ? [] : [container]));
  }

  containerFolder(uid: string, container: string): string {
    return join(this.podFolder(uid), 'containers', container);
  }

  runFolder(uid: string, container: string, instance: number): string {
    return join(this.containerFolder(uid, container), String(instance));
  }

  logFolder({ metadata }: AssignedPod, container?: string): string {
    const pod = join(this.root, 'logs', 'pods', `${metadata.namespace}_${metadata.name}_${metadata.uid}`);
    return container === undefined ? pod : join(pod, container);
  }

  logFile(pod: AssignedPod, container: string, instance: number): string {
    return join(this.logFolder(pod, container), `${instance}.log`);
  }

  /** The folders of the logs of a pod of which nothing is known but its uid. */
  logFoldersOf(uid: string): string[] {
    const folder = join(this.root, 'logs', 'pods');
    const own = namesIn(folder).filter((name) => name.split('_').slice(2).join('_') === uid);
    return own.map((name) => join(folder, name));
  }

  /** The numbers of the runs that a container has folders of, the newest first. */
  runs(uid: string, container: string): number[] {
    return namesIn(this.containerFolder(uid, container))
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => b - a);
  }

  hasPod(uid: string): boolean {
    return existsSync(this.podFolder(uid));
  }

  /** Notes the object of a pod, with the status that was last reported, so that a later process finds it. */
  savePod(pod: AssignedPod): void {
    const folder = this.podFolder(pod.metadata.uid);
    mkdirSync(folder, { recursive: true, mode: PRIVATE });
    const path = join(folder, 'pod.json');
    writeFileSync(`${path}.new`, JSON.stringify(pod), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /**
   * The pods that were noted. `strays` are uids with a folder and without a note that can be read: of a pod that never
   * began, of a note that a power cut has torn, or of another version.
   */
  savedPods(): { pods: AssignedPod[]; strays: string[] } {
    const pods: AssignedPod[] = [];
    const strays: string[] = [];
    for (const uid of new Set(['pods', SUB_PATHS].flatMap((part) => namesIn(join(this.root, part))))) {
      const pod = this.#savedPod(uid);
      if (pod) pods.push(pod);
      else strays.push(uid);
    }
    return { pods, strays };
  }

  /** The names of the containers that a pod has folders of. */
  containers(uid: string): string[] {
    return namesIn(join(this.podFolder(uid), 'containers'));
  }

  #savedPod(uid: string): AssignedPod | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.podFolder(uid), 'pod.json'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    let pod: unknown;
    try {
      pod = JSON.parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
    return isAssignedPod(pod) ? pod : undefined;
  }
}

/** What is in a folder; nothing in one that is not there. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
