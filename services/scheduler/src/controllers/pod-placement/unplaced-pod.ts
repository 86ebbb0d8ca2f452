import type { CachedObject } from '@everynode/list-watch';
import type { Pod, PodSpec, Stored } from '@everynode/objects';
import { isPodTerminal } from '@everynode/workloads';
import { SCHEDULER_COMPONENT } from '../../events/scheduled-event.js';

export type CachedPod = CachedObject<Stored<Pod>>;

/** Returns the spec of a pod. Every stored pod has one; the type of the API does not say so. */
export function specOf(pod: CachedPod): PodSpec {
  return pod.object.spec ?? { containers: [] };
}

export const hasEnded = ({ object }: CachedPod): boolean => isPodTerminal(object);

/**
 * True for a pod that this controller places: one without a node, not deleted, not gated, and not another scheduler's.
 */
export function isPlaceable(pod: CachedPod): boolean {
  if (pod.record.placement !== null || pod.metadata.deletionTimestamp !== undefined || hasEnded(pod)) return false;
  const { schedulerName = SCHEDULER_COMPONENT, schedulingGates } = specOf(pod);
  return schedulerName === SCHEDULER_COMPONENT && !schedulingGates?.length;
}
