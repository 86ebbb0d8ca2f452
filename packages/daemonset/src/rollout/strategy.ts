import type { DaemonSetUpdateStrategy } from '@everynode/objects';

/** The numbers of a rolling update in force for a desired count. */
interface RolloutNumbers {
  maxUnavailable: number;
  maxSurge: number;
}

/** `"30%"` of a total, rounded up, or the number itself. */
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
  // Both may come out as nothing from percentages of few nodes; then nothing would ever move.
  return { maxSurge, maxUnavailable: maxUnavailable === 0 && maxSurge === 0 && desired > 0 ? 1 : maxUnavailable };
}

/** Does the strategy bring up the new pod beside the old one? Source: update.go, AllowsSurge. */
export function allowsSurge(strategy: DaemonSetUpdateStrategy | undefined): boolean {
  // A percentage is asked of one node: any part of it, rounded up, is a surge.
  return strategy?.type !== 'OnDelete' && scaled(strategy?.rollingUpdate?.maxSurge, 1) > 0;
}
