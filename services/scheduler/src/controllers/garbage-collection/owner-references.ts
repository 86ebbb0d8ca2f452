import type { OwnerReference, StoredMeta } from '@everynode/objects';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '@everynode/objects';

/**
 * The state of an owner reference. `dangling`: its owner is gone. `waiting`: the owner exists, but only until its
 * dependents are gone (foreground deletion). `solid`: it keeps the object.
 */
export type ReferenceState = 'solid' | 'dangling' | 'waiting';

export function isDeletingDependents(metadata: Readonly<StoredMeta>): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(FOREGROUND_FINALIZER) ?? false);
}

export function isOrphaningDependents(metadata: Readonly<StoredMeta>): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(ORPHAN_FINALIZER) ?? false);
}

/** What to do with an object, by the state of its owners. */
type DependentAction =
  | { kind: 'keep' }
  /** Some owners are solid: the references to the others are removed. */
  | { kind: 'dropReferences'; uids: string[] }
  /** No owner is solid. `unblock`: waiting owners that must not wait for this object first. */
  | { kind: 'delete'; propagationPolicy: 'Background' | 'Foreground' | 'Orphan'; unblock: string[] };

/** What the deletion of an object depends on in its dependents. */
export interface Dependents {
  any: boolean;
  /** One of them is in foreground deletion itself, so waiting for it could be a cycle. */
  someDeleting: boolean;
}

/** Decides by the states of all owners. Source: pkg/controller/garbagecollector, attemptToDeleteItem. */
export function actionFor(
  metadata: StoredMeta,
  stateOf: (reference: OwnerReference) => ReferenceState,
  dependents: () => Dependents,
): DependentAction {
  const references = metadata.ownerReferences ?? [];
  if (references.length === 0 || metadata.deletionTimestamp !== undefined) return { kind: 'keep' };
  const states = references.map((reference) => ({ uid: reference.uid, state: stateOf(reference) }));
  const uidsOf = (wanted: ReferenceState): string[] =>
    states.filter(({ state }) => state === wanted).map(({ uid }) => uid);
  const waiting = uidsOf('waiting');
  const loose = [...uidsOf('dangling'), ...waiting];
  if (loose.length < states.length)
    return loose.length === 0 ? { kind: 'keep' } : { kind: 'dropReferences', uids: loose };
  const { any, someDeleting } = dependents();
  if (waiting.length > 0 && any) {
    return { kind: 'delete', propagationPolicy: 'Foreground', unblock: someDeleting ? waiting : [] };
  }
  const finalizers = metadata.finalizers ?? [];
  const propagationPolicy = finalizers.includes(ORPHAN_FINALIZER)
    ? 'Orphan'
    : finalizers.includes(FOREGROUND_FINALIZER)
      ? 'Foreground'
      : 'Background';
  return { kind: 'delete', propagationPolicy, unblock: [] };
}

/** Returns the metadata without the references to these owners. */
export function withoutReferences(metadata: StoredMeta, uids: readonly string[]): StoredMeta {
  const { ownerReferences = [], ...rest } = metadata;
  const left = ownerReferences.filter(({ uid }) => !uids.includes(uid));
  return left.length > 0 ? { ...rest, ownerReferences: left } : rest;
}

/** Returns the metadata with blockOwnerDeletion off for these owners: they do not wait for the object any more. */
export function unblocked(metadata: StoredMeta, uids: readonly string[]): StoredMeta {
  const ownerReferences = metadata.ownerReferences?.map((reference) =>
    uids.includes(reference.uid) ? { ...reference, blockOwnerDeletion: false } : reference,
  );
  return ownerReferences ? { ...metadata, ownerReferences } : metadata;
}

export function withoutFinalizer(metadata: StoredMeta, finalizer: string): StoredMeta {
  const { finalizers = [], ...rest } = metadata;
  const left = finalizers.filter((name) => name !== finalizer);
  return left.length > 0 ? { ...rest, finalizers: left } : rest;
}

export function blocks(metadata: Readonly<StoredMeta>, ownerUid: string): boolean {
  return (
    metadata.ownerReferences?.some(({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion) ?? false
  );
}
