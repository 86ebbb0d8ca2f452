import { conditionOf, MAX_NAME_PREFIX, type Pod } from '@everynode/objects';

/** When a ready pod is or becomes available, in ms since the epoch; undefined for a pod that is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = conditionOf(pod.status, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return Number.NEGATIVE_INFINITY;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : since + minReadySeconds * 1000;
}

/** True for a pod that has been ready for so long. `now` is ms since the epoch. Source: podutil, IsPodAvailable. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}

/** The pod has finished and does not start again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

export function isPodDeleting(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp != null;
}

/** Counts as one of its owner's replicas. Source: pkg/controller/controller_utils.go, IsPodActive. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && !isPodDeleting(pod);

/** The beginning of a pod's name, made from the name of its owner. */
export function podNamePrefix(ownerName: string): string {
  return `${ownerName}-`.slice(0, MAX_NAME_PREFIX);
}
