import { readFile, stat, statfs } from 'node:fs/promises';
import type { Observation, Observations } from '@everynode/kubelet';
import { bytesIn } from './proc-fields.js';

/** Where the figures of the machine are read. */
export interface ReadingPlaces {
  /** The folder of pods: `nodefs`. */
  stateFolder: string;
  /** The folder of images, where it is on a file system of its own: `imagefs`. */
  imageFolder: string | undefined;
  /** `/proc`, or what stands for it. */
  proc: string;
}

/**
 * Measures what the machine has left. What cannot be read is left out. Memory is what the kernel says could be had
 * without swapping (MemAvailable); a kubelet subtracts the working set of the root cgroup, which is about the same.
 */
export async function readObservations({ stateFolder, imageFolder, proc }: ReadingPlaces): Promise<Observations> {
  const [memory, nodefs, imagefs, pid] = await Promise.all([
    known(memoryOf(proc)),
    known(diskOf(stateFolder)),
    known(separateDisk(imageFolder, stateFolder)),
    known(processesOf(proc)),
  ]);
  return {
    ...(memory && { 'memory.available': memory }),
    ...(nodefs && { 'nodefs.available': nodefs.bytes }),
    ...(nodefs?.inodes && { 'nodefs.inodesFree': nodefs.inodes }),
    ...(imagefs && { 'imagefs.available': imagefs.bytes }),
    ...(imagefs?.inodes && { 'imagefs.inodesFree': imagefs.inodes }),
    ...(pid && { 'pid.available': pid }),
  };
}

const known = <T>(reading: Promise<T>): Promise<T | undefined> => reading.catch(() => undefined);

async function memoryOf(proc: string): Promise<Observation> {
  const text = await readFile(`${proc}/meminfo`, 'utf8');
  const [available, capacity] = [bytesIn(text, 'MemAvailable'), bytesIn(text, 'MemTotal')];
  if (available === undefined || capacity === undefined) throw new Error('meminfo does not say what is available');
  return { available, capacity };
}

interface Disk {
  bytes: Observation;
  /** Undefined where the file system makes inodes as it needs them, and names no number. */
  inodes: Observation | undefined;
}

async function diskOf(folder: string): Promise<Disk> {
  const { blocks, bavail, bsize, files, ffree } = await statfs(folder);
  return {
    bytes: { available: bavail * bsize, capacity: blocks * bsize },
    inodes: files > 0 ? { available: ffree, capacity: files } : undefined,
  };
}

/** The same of another folder, where that is on another file system. */
async function separateDisk(folder: string | undefined, other: string): Promise<Disk | undefined> {
  if (folder === undefined) return undefined;
  const [one, two] = await Promise.all([stat(folder), stat(other)]);
  return one.dev === two.dev ? undefined : diskOf(folder);
}

/** The processes and threads of the machine, and how many there may be. Source: pkg/kubelet/stats/pidlimit. */
async function processesOf(proc: string): Promise<Observation> {
  const [load, most, threads] = await Promise.all([
    readFile(`${proc}/loadavg`, 'utf8'),
    readFile(`${proc}/sys/kernel/pid_max`, 'utf8'),
    readFile(`${proc}/sys/kernel/threads-max`, 'utf8'),
  ]);
  const running = Number(/\d+\/(\d+)/.exec(load)?.[1]);
  const capacity = Math.min(Number(most), Number(threads));
  if (!Number.isFinite(capacity - running)) throw new Error('the number of processes cannot be read');
  return { available: capacity - running, capacity };
}
