import type { DaemonSetUpdateStrategy } from '@everynode/objects';
import { scaled } from '@everynode/workloads';

/** maxUnavailable and maxSurge as numbers of nodes. */
interface RolloutNumbers {
  maxUnavailable: number;
  maxSurge: number;
}

/** Source: pkg/controller/daemon/update.go, updatedDesiredNodeCounts. */
export function rolloutNumbers(strategy: DaemonSetUpdateStrategy | undefined, desired: number): RolloutNumbers {
  const rolling = strategy?.type === 'OnDelete' ? undefined : strategy?.rollingUpdate;
  const maxSurge = scaled(rolling?.maxSurge, desired);
  const maxUnavailable = scaled(rolling?.maxUnavailable, desired);
  // Percentages of few nodes may make both 0; then no node would ever be updated.
  return { maxSurge, maxUnavailable: maxUnavailable === 0 && maxSurge === 0 && desired > 0 ? 1 : maxUnavailable };
}

/** Whether the strategy starts the new pod beside the old one. Source: update.go, AllowsSurge. */
export function allowsSurge(strategy: DaemonSetUpdateStrategy | undefined): boolean {
  // A percentage is taken of one node: any part of it, rounded up, is a surge.
  return strategy?.type !== 'OnDelete' && scaled(strategy?.rollingUpdate?.maxSurge, 1) > 0;
}
