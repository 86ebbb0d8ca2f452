import { conditionOf, type DaemonSetStatus } from '@everynode/objects';

/** The largest number of nodes that were settled on a revision at one time, and since when (ms since the epoch). */
export interface RolloutProgress {
  hash: string;
  settled: number;
  at: number;
}

/**
 * Returns the progress after a pass. Only a larger number than ever before is progress, so a pod that becomes ready and
 * fails again, over and over, is none. For a replica that has just taken over, `before` is undefined and the time comes
 * from the stored status.
 */
export function noteProgress(
  before: RolloutProgress | undefined,
  hash: string,
  settled: number,
  now: number,
  stored: { status: DaemonSetStatus | undefined; generation: number | undefined },
): RolloutProgress {
  if (before?.hash === hash) return settled > before.settled ? { hash, settled, at: now } : before;
  if (before) return { hash, settled, at: now };
  return { hash, settled, at: storedSince(stored.status, stored.generation) ?? now };
}

/**
 * Reads the time from the condition Progressing: a DaemonSet's conditions have no lastUpdateTime as a Deployment's do.
 */
function storedSince(status: DaemonSetStatus | undefined, generation: number | undefined): number | undefined {
  if (status?.observedGeneration !== generation) return undefined;
  const condition = conditionOf(status, 'Progressing');
  if (condition?.reason !== 'RolloutProgressing') return undefined;
  const at = Date.parse(condition.lastTransitionTime ?? '');
  return Number.isNaN(at) ? undefined : at;
}
