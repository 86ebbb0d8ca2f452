import type { StoredMeta } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import {
  actionFor,
  blocks,
  type ReferenceState,
  unblocked,
  withoutFinalizer,
  withoutReferences,
} from './owner-references.js';

const owner = (uid: string, blockOwnerDeletion = true) => ({
  apiVersion: 'v1',
  kind: 'X',
  name: uid,
  uid,
  blockOwnerDeletion,
});
const object = (owners: string[], more: Partial<StoredMeta> = {}): StoredMeta => ({
  name: 'a',
  uid: 'u',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...(owners.length > 0 && { ownerReferences: owners.map((uid) => owner(uid)) }),
  ...more,
});
/** Owners are named for their state: `solid-1`, `waiting-1`. */
const act = (metadata: StoredMeta, dependents = { any: false, someDeleting: false }) =>
  actionFor(
    metadata,
    ({ uid }) => uid.split('-')[0] as ReferenceState,
    () => dependents,
  );

describe('actionFor', () => {
  it.each<[string, StoredMeta]>([
    ['has no owners', object([])],
    ['is held by all', object(['solid-1', 'solid-2'])],
    ['is going already', object(['dangling-1'], { deletionTimestamp: '2026-01-01T00:00:00Z' })],
  ])('keeps an object that %s', (_why, metadata) => {
    expect(act(metadata)).toEqual({ kind: 'keep' });
  });

  it('drops the other references while one owner holds it', () => {
    expect(act(object(['solid-1', 'dangling-1', 'waiting-1']))).toEqual({
      kind: 'dropReferences',
      uids: ['dangling-1', 'waiting-1'],
    });
  });

  it('deletes an object without a solid owner, as its finalizers ask', () => {
    const how = (metadata: StoredMeta) => act(metadata);
    expect(how(object(['dangling-1']))).toEqual({ kind: 'delete', propagationPolicy: 'Background', unblock: [] });
    expect(how(object(['dangling-1'], { finalizers: ['orphan'] }))).toMatchObject({ propagationPolicy: 'Orphan' });
    expect(how(object(['dangling-1'], { finalizers: ['foregroundDeletion'] }))).toMatchObject({
      propagationPolicy: 'Foreground',
    });
  });

  it('passes a foreground deletion on to what has dependents of its own', () => {
    const metadata = object(['waiting-1', 'dangling-1']);
    expect(act(metadata)).toMatchObject({ propagationPolicy: 'Background' });
    expect(act(metadata, { any: true, someDeleting: false })).toEqual({
      kind: 'delete',
      propagationPolicy: 'Foreground',
      unblock: [],
    });
    // A circle would wait for itself for ever.
    expect(act(metadata, { any: true, someDeleting: true })).toMatchObject({ unblock: ['waiting-1'] });
  });
});

describe('edits of metadata', () => {
  it('leave out a field that becomes empty', () => {
    expect(withoutReferences(object(['a', 'b']), ['a'])).toEqual(object(['b']));
    expect(withoutReferences(object(['a']), ['a'])).toEqual(object([]));
    expect(withoutFinalizer(object([], { finalizers: ['x', 'y'] }), 'x')).toEqual(object([], { finalizers: ['y'] }));
    expect(withoutFinalizer(object([], { finalizers: ['x'] }), 'x')).toEqual(object([]));
  });

  it('unblock the owners that are named', () => {
    const metadata = unblocked(object(['a', 'b']), ['a']);
    expect([blocks(metadata, 'a'), blocks(metadata, 'b')]).toEqual([false, true]);
  });
});
