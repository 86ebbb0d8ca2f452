import { type CompiledDaemonSet, conditionsFor, holdOf, type RolloutLedger } from '@everynode/daemonset';
import { timestamp } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { DaemonSetStatus } from 'kubernetes-types/apps/v1.js';

/**
 * The status from the ledger's sums; what clients and other writers put there (conditions, collisionCount) stays. `now` in
 * ms since the epoch.
 */
export function statusFrom(
  ledger: RolloutLedger,
  { daemonSet, limits }: CompiledDaemonSet,
  stored: DaemonSetStatus | undefined,
  now: number,
): DaemonSetStatus {
  const { collisionCount } = stored ?? {};
  const observedGeneration = daemonSet.metadata?.generation;
  const counters = ledger.counters();
  const at = timestamp(now);
  const conditions = conditionsFor(holdOf(daemonSet, ledger, limits), stored?.conditions, counters, at);
  return {
    ...counters,
    ...(observedGeneration !== undefined && { observedGeneration }),
    ...(collisionCount != null && { collisionCount }),
    ...(conditions && { conditions }),
  };
}

/** Writes the status when it differs from what is stored. */
export function decideStatus(
  current: Current | undefined,
  uid: string,
  statusOf: (stored: DaemonSetStatus | undefined) => DaemonSetStatus,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const stored = current.observed ? (JSON.parse(current.observed) as DaemonSetStatus) : undefined;
  const status = statusOf(stored);
  if (stored && sameStatus(stored, status)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify(status) } };
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
