import type { PodCondition } from './kinds/api-types.js';

/**
 * Returns a pod's conditions with this PodScheduled condition. Its transition time changes only with its status. `now`
 * is in the API's form of times.
 */
export function withPodScheduled(
  conditions: readonly PodCondition[] | undefined,
  scheduled: Omit<PodCondition, 'type' | 'lastTransitionTime'>,
  now: string,
): PodCondition[] {
  const before = conditions?.find(({ type }) => type === 'PodScheduled');
  const others = conditions?.filter(({ type }) => type !== 'PodScheduled') ?? [];
  const since = before?.status === scheduled.status ? before.lastTransitionTime : now;
  // No probe is made, and Go writes an unset time as null.
  const times = { lastProbeTime: null, ...(since !== undefined && { lastTransitionTime: since }) };
  return [...others, { type: 'PodScheduled', ...times, ...scheduled }];
}
