import { conditionOf, type DaemonSetStatus } from '@everynode/objects';

/** How far a rollout has come: the most nodes that were seen settled on a revision, and since when (ms since the epoch). */
export interface RolloutProgress {
  hash: string;
  settled: number;
  at: number;
}

/**
 * Goes on from what was seen before. Only a new best counts as progress, so a pod that becomes ready and fails again, over and
 * over, is none. A replica that has just taken over knows `before` as undefined, and takes the time from the stored status.
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

/** The condition Progressing says since when: a DaemonSet's conditions have no lastUpdateTime, as a Deployment's have. */
function storedSince(status: DaemonSetStatus | undefined, generation: number | undefined): number | undefined {
  if (status?.observedGeneration !== generation) return undefined;
  const condition = conditionOf(status, 'Progressing');
  if (condition?.reason !== 'RolloutProgressing') return undefined;
  const at = Date.parse(condition.lastTransitionTime ?? '');
  return Number.isNaN(at) ? undefined : at;
}
