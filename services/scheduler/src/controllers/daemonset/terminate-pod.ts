import { decideDeletion, podDeletionRules } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** Deletes a pod with the grace period of its spec, unless it is another pod by now or is going already. */
export function decideTermination(current: Current | undefined, uid: string, now: number): Decision {
  if (current?.uid !== uid || current.deleting) return { kind: 'keep' };
  const { metadata, desired, observed = null, placement } = current;
  if (metadata === undefined || desired === undefined) throw new Error('a pod must be read whole to be deleted');
  return decideDeletion({ metadata, desired, observed, placement }, {}, podDeletionRules, now);
}
