import type { DaemonSet, DaemonSetCondition, DaemonSetStatus } from 'kubernetes-types/apps/v1.js';

/** `"true"`: no more updates; pods that are missing are still created, and those that must not stay still go. */
export const PAUSED_ANNOTATION = 'everynode.io/paused';
/** `"true"`: nothing is created and nothing deleted; the status is still told. */
export const FROZEN_ANNOTATION = 'everynode.io/frozen';
/** A number: this many nodes keep the old revision. */
export const PARTITION_ANNOTATION = 'everynode.io/partition';
const CONDITION = 'Paused';

export type RolloutPolicy = 'run' | 'paused' | 'frozen';

/** What the owner of a DaemonSet lets the controller do. Without these annotations it is as upstream. */
export function rolloutPolicyOf({ metadata }: Pick<DaemonSet, 'metadata'>): RolloutPolicy {
  const annotations = metadata?.annotations ?? {};
  if (annotations[FROZEN_ANNOTATION] === 'true') return 'frozen';
  return annotations[PAUSED_ANNOTATION] === 'true' ? 'paused' : 'run';
}

/** How many nodes a rollout leaves alone; 0 unless the annotation is a whole number. */
export function partitionOf({ metadata }: Pick<DaemonSet, 'metadata'>): number {
  const text = metadata?.annotations?.[PARTITION_ANNOTATION] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function conditionOf(
  policy: 'paused' | 'frozen',
  counters: DaemonSetStatus,
): Omit<DaemonSetCondition, 'lastTransitionTime'> {
  const { updatedNumberScheduled = 0, desiredNumberScheduled: desired } = counters;
  const progress = `${updatedNumberScheduled} of ${desired} nodes have the newest revision`;
  return policy === 'paused'
    ? { type: CONDITION, status: 'True', reason: 'Paused', message: `${PAUSED_ANNOTATION} holds updates; ${progress}` }
    : {
        type: CONDITION,
        status: 'True',
        reason: 'Frozen',
        message: `${FROZEN_ANNOTATION} holds everything; ${progress}`,
      };
}

/** The conditions of the status, with one that says that the DaemonSet is held, where it is. `now` as the API writes times. */
export function conditionsFor(
  policy: RolloutPolicy,
  stored: readonly DaemonSetCondition[] | undefined,
  counters: DaemonSetStatus,
  now: string,
): DaemonSetCondition[] | undefined {
  const before = stored?.find(({ type }) => type === CONDITION);
  const others = stored?.filter(({ type }) => type !== CONDITION) ?? [];
  if (policy === 'run') return before ? (others.length > 0 ? others : undefined) : stored && [...stored];
  const condition = conditionOf(policy, counters);
  const since = before?.status === condition.status ? before.lastTransitionTime : now;
  return [...others, { ...condition, lastTransitionTime: since as never }];
}
