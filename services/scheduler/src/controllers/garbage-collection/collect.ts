import { type Deletable, decideDeletion, deletionRulesOf, isReleased, type StoredMeta } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { unblocked, withoutFinalizer, withoutReferences } from './owner-references.js';

/** A stored object that was read whole, when it is still the one that was judged. */
function whole(current: Current | undefined, uid: string): (Deletable & { parsed: StoredMeta }) | undefined {
  if (current?.uid !== uid || current.metadata === undefined || current.desired === undefined) return undefined;
  const { metadata, desired, observed, placement } = current;
  return { metadata, desired, observed: observed ?? null, placement, parsed: JSON.parse(metadata) as StoredMeta };
}

/**
 * Deletes an object that nobody holds, unless its metadata is not the one that was judged: a new owner may have come.
 * Compared is the text, because status and spec may change without bearing on it.
 */
export function decideCollection(
  current: Current | undefined,
  resource: string,
  judged: { uid: string; metadata: string },
  how: { propagationPolicy: 'Background' | 'Foreground' | 'Orphan'; unblock: string[] },
  now: number,
): Decision {
  const object = whole(current, judged.uid);
  if (!object || object.metadata !== judged.metadata) return { kind: 'keep' };
  const metadata = how.unblock.length > 0 ? JSON.stringify(unblocked(object.parsed, how.unblock)) : object.metadata;
  const { propagationPolicy } = how;
  return decideDeletion({ ...object, metadata }, { propagationPolicy }, deletionRulesOf(resource), now);
}

/** Takes references out; {@link decideCollection} on what is compared. */
export function decideRelease(
  current: Current | undefined,
  judged: { uid: string; metadata: string },
  ownerUids: string[],
): Decision {
  const object = whole(current, judged.uid);
  if (!object || object.metadata !== judged.metadata) return { kind: 'keep' };
  return { kind: 'update', parts: { metadata: JSON.stringify(withoutReferences(object.parsed, ownerUids)) } };
}

/** Takes a finalizer out of an object that is being deleted, which goes if that was all that held it. */
export function decideFinalizerRemoval(current: Current | undefined, uid: string, finalizer: string): Decision {
  const object = whole(current, uid);
  if (!object?.parsed.finalizers?.includes(finalizer)) return { kind: 'keep' };
  const next = withoutFinalizer(object.parsed, finalizer);
  const parts = { metadata: JSON.stringify(next) };
  return isReleased(next) ? { kind: 'delete', parts } : { kind: 'update', parts };
}

/** Removes a pod whose node is gone: nobody is left who could stop it. Finalizers are honoured. */
export function decideForcedDeletion(current: Current | undefined, uid: string, now: number): Decision {
  const object = whole(current, uid);
  if (!object) return { kind: 'keep' };
  return decideDeletion(object, { gracePeriodSeconds: 0 }, deletionRulesOf('pods'), now);
}
