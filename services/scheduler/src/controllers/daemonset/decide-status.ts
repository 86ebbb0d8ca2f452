import { type ConditionView, conditionsFor } from '@everynode/daemonset';
import { type DaemonSetCondition, type DaemonSetStatus, timestamp } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** The status from the ledger's sums; what clients and other writers put there (conditions, collisionCount) stays. */
export function statusFrom(view: ConditionView, stored: DaemonSetStatus | undefined): DaemonSetStatus {
  const { collisionCount } = stored ?? {};
  const observedGeneration = view.daemonSet.metadata?.generation;
  const conditions = conditionsFor(view, stored, timestamp);
  return {
    ...view.ledger.counters(),
    ...(observedGeneration !== undefined && { observedGeneration }),
    ...(collisionCount != null && { collisionCount }),
    ...(conditions && { conditions }),
  };
}

/** Writes the status when it differs from what is stored. */
export function decideStatus(
  current: Current<'observed'> | undefined,
  uid: string,
  statusOf: (stored: DaemonSetStatus | undefined) => DaemonSetStatus,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const stored = current.observed ? (JSON.parse(current.observed) as DaemonSetStatus) : undefined;
  const status = statusOf(stored);
  if (stored && sameStatus(stored, status)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify(status) } };
}

/** Nothing is left to do: what should run does, up to date and available, and nothing else. */
export function isAtRest(status: DaemonSetStatus): boolean {
  const { desiredNumberScheduled, currentNumberScheduled, numberMisscheduled } = status;
  const { updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  return (
    numberMisscheduled === 0 &&
    [currentNumberScheduled, updatedNumberScheduled, numberAvailable].every((n) => n === desiredNumberScheduled)
  );
}

/** Equal, with a counter that is left out counting as zero. */
export function sameStatus(a: DaemonSetStatus, b: DaemonSetStatus): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof DaemonSetStatus)[]);
  for (const key of keys) {
    const [left, right] = [a[key] ?? 0, b[key] ?? 0];
    if (left !== right && JSON.stringify(left) !== JSON.stringify(right)) return false;
  }
  return true;
}

/** Conditions that an event tells when they come true, or, of Progressing, false. */
const TOLD: readonly [type: string, status: string, event: 'Normal' | 'Warning'][] = [
  ['Paused', 'True', 'Normal'],
  ['Degraded', 'True', 'Warning'],
  ['Progressing', 'False', 'Warning'],
];

/** Events for conditions that were not so before: `kubectl describe ds` shows events, and no conditions. */
export function newlyToldOf(
  before: readonly DaemonSetCondition[] | undefined,
  after: readonly DaemonSetCondition[] | undefined,
): { type: 'Normal' | 'Warning'; reason: string; message: string }[] {
  return TOLD.flatMap(([name, status, type]) => {
    const is = after?.find((condition) => condition.type === name && condition.status === status);
    const was = before?.find((condition) => condition.type === name);
    if (!is || (was?.status === is.status && was.reason === is.reason)) return [];
    const reason = name === 'Paused' ? `Rollout${is.reason}` : name === 'Degraded' ? 'Degraded' : (is.reason ?? name);
    return [{ type, reason, message: is.message ?? '' }];
  });
}
