/**
 * What must and must not compile: `npm run typecheck:tests` fails when a line marked with @ts-expect-error is accepted.
 * Nothing here runs.
 */
import { metadataText, type StoredMeta } from '@everynode/objects';
import { type Current, type Decision, editMetadata, objectOf, type Store, type WriteRequest } from './index.js';

declare const store: Store;
const key = { resource: 'pods', namespace: 'ns', name: 'a' } as const;
const keep: Decision = { kind: 'keep' };

export function aDecisionSeesThePartsOfItsLevel(): void {
  void store.write({
    key,
    reads: 'all',
    decide: (current) => {
      if (!current) return keep;
      const read: { metadata: string; desired: string; observed: string | null } = current;
      return objectOf(current, { apiVersion: 'v1', kind: 'Pod' }).kind === read.desired ? keep : { kind: 'delete' };
    },
  });
  void store.write({
    key,
    reads: 'observed',
    decide: (current) => {
      const observed: string | null | undefined = current?.observed;
      // @ts-expect-error The metadata is not read at this level.
      return current?.metadata === observed ? keep : { kind: 'delete' };
    },
  });
  void store.write({
    key,
    reads: 'head',
    // @ts-expect-error The status is not read at this level.
    decide: (current) => (current?.observed ? keep : { kind: 'delete' }),
  });
  void store.write({
    key,
    reads: 'all-but-desired',
    // @ts-expect-error The desired state is not read at this level.
    decide: (current) => (current?.desired ? keep : { kind: 'delete' }),
  });
}

export function aDecisionRunsAtItsLevelAndAtHigherOnes(): void {
  const decide = (current: Current<'all-but-desired'> | undefined): Decision => (current?.metadata ? keep : keep);
  void store.write({ key, reads: 'all-but-desired', decide });
  void store.write({ key, reads: 'all', decide });
  // @ts-expect-error `head` reads less than the decision needs.
  void store.write({ key, reads: 'head', decide });
  // @ts-expect-error A level that is only known at run time may be the lowest.
  void store.write({ key, reads: Math.random() < 0.5 ? 'all' : 'observed', decide });
}

export function requestsOfSeveralLevelsHaveNoCommonDecision(request: WriteRequest<'all'>): void {
  // @ts-expect-error The queue must not hand a row of any level to a decision that reads all.
  const anyLevel: WriteRequest<'all' | 'head'> = request;
  void anyLevel;
}

export function metadataIsStoredWhole(current: Current<'all-but-desired'>): Decision[] {
  const ownerReferences: StoredMeta['ownerReferences'] = [];
  return [
    editMetadata(current, (metadata) => ({ ...metadata, ownerReferences })),
    { kind: 'update', parts: { metadata: current.metadata } },
    // @ts-expect-error Metadata without a name, uid and creation time.
    editMetadata(current, () => ({ ownerReferences })),
    // @ts-expect-error The same as an object.
    { kind: 'update', parts: { metadata: metadataText({ ownerReferences }) } },
    // @ts-expect-error Any text may be a part of the metadata only.
    { kind: 'update', parts: { metadata: JSON.stringify({ ownerReferences }) } },
    // @ts-expect-error A new object has all of its parts.
    { kind: 'create', uid: 'u', parts: { metadata: current.metadata, observed: null }, placement: null },
  ];
}
