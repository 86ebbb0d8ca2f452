import {
  disruptionStatus,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  type Stored,
} from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/**
 * Updates the status of a budget by the pods it guards. It starts from the stored status, which may have evictions that
 * the cache does not show yet. `now` is ms since the epoch.
 */
export function decideBudgetStatus(
  current: Current<'observed'> | undefined,
  budget: Stored<PodDisruptionBudget>,
  guarded: Stored<Pod>[],
  now: number,
): Decision {
  if (current?.uid !== budget.metadata.uid) return { kind: 'keep' };
  const stored = current.observed ? (JSON.parse(current.observed) as PodDisruptionBudgetStatus) : undefined;
  const status = disruptionStatus({ ...budget, ...(stored && { status: stored }) }, guarded, now);
  const text = JSON.stringify(status);
  return text === current.observed ? { kind: 'keep' } : { kind: 'update', parts: { observed: text } };
}
