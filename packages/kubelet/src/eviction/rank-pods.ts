import { roomDemands } from '@everynode/daemonset';
import type { AssignedPod } from '../pod/assigned-pod.js';
import type { StarvedResource } from './signals.js';

/** What a container uses. In bytes; undefined is not known. */
export interface ContainerUsage {
  name: string;
  memory: number;
  storage: number | undefined;
}

/** What a pod uses: bytes, inodes and processes. */
export interface PodUsage {
  memory: number;
  storage: number;
  inodes: number;
  processes: number;
  containers: readonly ContainerUsage[];
}

/** A pod that may be evicted; without a usage where that could not be measured. */
export interface EvictionCandidate {
  pod: AssignedPod;
  usage: PodUsage | undefined;
}

type Compare = (a: EvictionCandidate, b: EvictionCandidate) => number;

/** True comes before false. */
const trueFirst = (a: boolean, b: boolean): number => Number(b) - Number(a);

const byPriority: Compare = (a, b) => (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0);

const USED: Readonly<Record<StarvedResource, (usage: PodUsage) => number>> = {
  memory: ({ memory }) => memory,
  'ephemeral-storage': ({ storage }) => storage,
  inodes: ({ inodes }) => inodes,
  pids: ({ processes }) => processes,
};

/** A pod of which nothing is known comes first. */
const measured =
  (compare: (a: [AssignedPod, PodUsage], b: [AssignedPod, PodUsage]) => number): Compare =>
  (a, b) =>
    a.usage && b.usage ? compare([a.pod, a.usage], [b.pod, b.usage]) : trueFirst(!a.usage, !b.usage);

/**
 * The pods in the order in which they are evicted for a resource: those that use more than they request, then by
 * priority, and then by what they use above their request. Processes cannot be requested: there it is priority, and
 * then the number. Source: pkg/kubelet/eviction/helpers.go, rankMemoryPressure, rankDiskPressureFunc, rankPIDPressure.
 */
export function rankForEviction(
  candidates: readonly EvictionCandidate[],
  resource: StarvedResource,
): EvictionCandidate[] {
  const aboveRequest = ([{ spec }, usage]: [AssignedPod, PodUsage]): number =>
    USED[resource](usage) - (roomDemands(spec).requests.get(resource) ?? 0);
  const exceeds = measured((a, b) => trueFirst(aboveRequest(a) > 0, aboveRequest(b) > 0));
  const most = measured((a, b) => aboveRequest(b) - aboveRequest(a));
  const order = resource === 'pids' ? [byPriority, most] : [exceeds, byPriority, most];
  return [...candidates].sort((a, b) => order.reduce((result, compare) => result || compare(a, b), 0));
}
