import type { CachedObject } from '@everynode/list-watch';
import { semanticallyEqual } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** What of an object a status was computed from. */
export type SeenStatus = Pick<CachedObject['record'], 'uid' | 'observed'>;

/**
 * True while the status is the one that was seen. A client may have changed it since, whose conditions would be lost:
 * then nothing is written, and the change, which the caches will show, queues the object again.
 */
export const isAsSeen = (current: Current<'observed'> | undefined, seen: SeenStatus): boolean =>
  current?.uid === seen.uid && current.observed === seen.observed;

/** Writes a status where it differs from the stored one, unless it is another object by now, or has another status. */
export function decideWorkloadStatus(
  current: Current<'observed'> | undefined,
  seen: SeenStatus,
  status: object,
): Decision {
  if (!current || !isAsSeen(current, seen)) return { kind: 'keep' };
  if (semanticallyEqual(JSON.parse(current.observed ?? '{}'), status)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify(status) } };
}
