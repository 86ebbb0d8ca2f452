import type { OwnerReference, StoredMeta } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** Makes the DaemonSet the controller of an object that has none and is not being deleted. */
export function decideAdoption(current: Current | undefined, uid: string, owner: OwnerReference): Decision {
  if (current?.uid !== uid || current.deleting) return { kind: 'keep' };
  const metadata = JSON.parse(current.metadata ?? '{}') as StoredMeta;
  const owners = metadata.ownerReferences ?? [];
  if (owners.some((reference) => reference.controller || reference.uid === owner.uid)) return { kind: 'keep' };
  return { kind: 'update', parts: { metadata: JSON.stringify({ ...metadata, ownerReferences: [...owners, owner] }) } };
}

/** Takes the DaemonSet's reference off an object that it does not select any more. */
export function decideRelease(current: Current | undefined, uid: string, ownerUid: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const { ownerReferences, ...metadata } = JSON.parse(current.metadata ?? '{}') as StoredMeta;
  const left = (ownerReferences ?? []).filter((reference) => reference.uid !== ownerUid);
  if (left.length === (ownerReferences?.length ?? 0)) return { kind: 'keep' };
  const next = left.length > 0 ? { ...metadata, ownerReferences: left } : metadata;
  return { kind: 'update', parts: { metadata: JSON.stringify(next) } };
}
