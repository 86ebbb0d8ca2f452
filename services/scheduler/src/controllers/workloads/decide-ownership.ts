import type { OwnerReference } from '@everynode/objects';
import { type Current, type Decision, editMetadata } from '@everynode/store';

/** Makes an owner the controller of an object that has none and is not being deleted. */
export function decideAdoption(
  current: Current<'all-but-desired'> | undefined,
  uid: string,
  owner: OwnerReference,
): Decision {
  if (current?.uid !== uid || current.deleting) return { kind: 'keep' };
  return editMetadata(current, (metadata) => {
    const owners = metadata.ownerReferences ?? [];
    if (owners.some((reference) => reference.controller || reference.uid === owner.uid)) return undefined;
    return { ...metadata, ownerReferences: [...owners, owner] };
  });
}

/** Removes the owner's reference from an object that it does not select any more. */
export function decideRelease(
  current: Current<'all-but-desired'> | undefined,
  uid: string,
  ownerUid: string,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  return editMetadata(current, ({ ownerReferences = [], ...metadata }) => {
    const left = ownerReferences.filter((reference) => reference.uid !== ownerUid);
    if (left.length === ownerReferences.length) return undefined;
    return left.length > 0 ? { ...metadata, ownerReferences: left } : metadata;
  });
}
