import type { PodCondition } from './kinds/api-types.js';

/** A condition without the times that the API server sets. */
type NewCondition = Omit<PodCondition, 'lastTransitionTime'>;

/**
 * Returns a pod's conditions with this one in the place of that of its type. Its transition time changes only with its
 * status. `now` is in the API's form of times. Source: pkg/api/pod, UpdatePodCondition.
 */
export function withPodCondition(
  conditions: readonly PodCondition[] | undefined,
  wanted: NewCondition,
  now: string,
): PodCondition[] {
  const before = conditions?.find(({ type }) => type === wanted.type);
  const since = before?.status === wanted.status ? before.lastTransitionTime : now;
  const { type, ...rest } = wanted;
  // No probe is made, and Go writes an unset time as null.
  const condition = {
    type,
    lastProbeTime: null,
    ...(since !== undefined && { lastTransitionTime: since }),
    ...rest,
  };
  if (!before) return [...(conditions ?? []), condition];
  return (conditions ?? []).map((one) => (one === before ? condition : one));
}

/** {@link withPodCondition} for the condition PodScheduled. */
export const withPodScheduled = (
  conditions: readonly PodCondition[] | undefined,
  scheduled: Omit<NewCondition, 'type'>,
  now: string,
): PodCondition[] => withPodCondition(conditions, { type: 'PodScheduled', ...scheduled }, now);
