/** What is measured of a node. Source: pkg/kubelet/eviction/api. */
export type EvictionSignal =
  | 'memory.available'
  | `${'nodefs' | 'imagefs'}.${'available' | 'inodesFree'}`
  | 'pid.available';

/** Bytes, inodes or processes: what is left, and what there is. */
export interface Observation {
  available: number;
  capacity: number;
}

/** What was measured at one time. A signal that the machine does not have is left out. */
export type Observations = Readonly<Partial<Record<EvictionSignal, Observation>>>;

/** What pods use of a node that can run short. */
export type StarvedResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** What each signal says. Source: pkg/kubelet/eviction/helpers.go, signalToNodeCondition and signalToResource. */
export const SIGNAL_FACTS: Readonly<
  Record<EvictionSignal, { condition: PressureCondition; resource: StarvedResource }>
> = {
  'memory.available': { condition: 'MemoryPressure', resource: 'memory' },
  'nodefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'nodefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'imagefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'imagefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'pid.available': { condition: 'PIDPressure', resource: 'pids' },
};

export const isEvictionSignal = (text: string): text is EvictionSignal => Object.hasOwn(SIGNAL_FACTS, text);
