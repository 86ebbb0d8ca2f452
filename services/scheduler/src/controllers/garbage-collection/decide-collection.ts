import type { ResourceName } from '@everynode/objects';
import {
  decideDeletion,
  deletionRulesOf,
  isReleased,
  metadataText,
  resourceByStorage,
  type StoredMeta,
} from '@everynode/objects';
import { type Current, type Decision, editMetadata } from '@everynode/store';
import { unblocked, withoutFinalizer, withoutReferences } from './owner-references.js';

/**
 * Deletes an object without a solid owner, unless its metadata has changed since it was judged: it may have a new
 * owner. Only the text of the metadata is compared, because status and spec have no influence.
 */
export function decideCollection(
  current: Current<'all'> | undefined,
  resource: ResourceName,
  judged: { uid: string; metadata: string },
  how: { propagationPolicy: 'Background' | 'Foreground' | 'Orphan'; unblock: string[] },
  now: number,
): Decision {
  if (current?.uid !== judged.uid || current.metadata !== judged.metadata) return { kind: 'keep' };
  const { propagationPolicy, unblock } = how;
  const metadata = unblock.length > 0 ? metadataText(unblocked(parsed(current), unblock)) : current.metadata;
  return decideDeletion({ ...current, metadata }, { propagationPolicy }, deletionRulesOf(resource), now);
}

/** Removes owner references, unless the metadata has changed since it was judged. */
export function decideRelease(
  current: Current<'all-but-desired'> | undefined,
  judged: { uid: string; metadata: string },
  ownerUids: string[],
): Decision {
  if (current?.uid !== judged.uid || current.metadata !== judged.metadata) return { kind: 'keep' };
  return editMetadata(current, (metadata) => withoutReferences(metadata, ownerUids));
}

/** Removes a finalizer from an object that is being deleted. The object is deleted if no other finalizer is left. */
export function decideFinalizerRemoval(
  current: Current<'all-but-desired'> | undefined,
  uid: string,
  finalizer: string,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const metadata = parsed(current);
  if (!metadata.finalizers?.includes(finalizer)) return { kind: 'keep' };
  const next = withoutFinalizer(metadata, finalizer);
  const parts = { metadata: metadataText(next) };
  return isReleased(next) ? { kind: 'delete', parts } : { kind: 'update', parts };
}

/** Removes a pod that has no node, or whose node is gone: no agent could stop it. Finalizers are honoured. */
export function decideForcedDeletion(current: Current<'all'> | undefined, uid: string, now: number): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  return decideDeletion(current, { gracePeriodSeconds: 0 }, resourceByStorage('pods').deletion, now);
}

const parsed = ({ metadata }: Current<'all-but-desired'>): StoredMeta => JSON.parse(metadata) as StoredMeta;
