import type { DaemonSetUpdateStrategy } from '@everynode/objects';

/** maxUnavailable and maxSurge as numbers of nodes. */
interface RolloutNumbers {
  maxUnavailable: number;
  maxSurge: number;
}

/** Returns a number as it is, and a percentage (`"30%"`) of the total, rounded up. */
export function scaled(value: number | string | undefined, total: number): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? 0 : Math.ceil((Number(percent) * total) / 100);
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
