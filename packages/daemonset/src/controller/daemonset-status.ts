import { type DaemonSetStatus, timestamp } from '@everynode/objects';
import { type ConditionView, conditionsFor } from '../conditions/conditions.js';

/** Returns the status by the ledger's sums. What other writers put there (their conditions, collisionCount) stays. */
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

/** True when nothing is left to do: every pod that should run is up to date and available, and no other pod runs. */
export function isAtRest(status: DaemonSetStatus): boolean {
  const { desiredNumberScheduled, currentNumberScheduled, numberMisscheduled } = status;
  const { updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  return (
    numberMisscheduled === 0 &&
    [currentNumberScheduled, updatedNumberScheduled, numberAvailable].every((n) => n === desiredNumberScheduled)
  );
}

/** True when two statuses are equal; a counter that is left out counts as zero. */
export function sameStatus(a: DaemonSetStatus, b: DaemonSetStatus): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof DaemonSetStatus)[]);
  for (const key of keys) {
    const [left, right] = [a[key] ?? 0, b[key] ?? 0];
    if (left !== right && JSON.stringify(left) !== JSON.stringify(right)) return false;
  }
  return true;
}
