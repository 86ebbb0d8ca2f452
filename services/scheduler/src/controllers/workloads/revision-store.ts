import { randomUUID } from 'node:crypto';
import type { ObjectCache } from '@everynode/list-watch';
import {
  type ControllerRevision,
  canonicalJson,
  controllerOf,
  metadataText,
  type Stored,
  type StoredMeta,
} from '@everynode/objects';
import type { Decision, Fence, ObjectKey, Store, WriteResult } from '@everynode/store';
import { type OwnerKind, ownerReferenceTo } from '@everynode/workloads';
import { HashCollisionError, NameTakenError } from './new-object.js';

export const REVISIONS = 'controllerrevisions.apps';

/** An object whose templates are kept as ControllerRevisions. */
interface RevisionOwner {
  metadata: { name: string; namespace: string; uid: string; annotations?: Record<string, string> };
}

/** A revision that is to be created. */
export interface NewRevision {
  kind: OwnerKind;
  hash: string;
  data: object;
  revision: number;
  labels: Record<string, string>;
  /** As the API writes times. */
  at: string;
}

function keyOfRevision({ metadata }: RevisionOwner, name: string): ObjectKey {
  return { resource: REVISIONS, namespace: metadata.namespace, name };
}

/** Returns the revisions that refer to the owner of this uid. */
export function revisionsOf(
  revisions: ObjectCache<Stored<ControllerRevision>>,
  uid: string,
): Stored<ControllerRevision>[] {
  return Array.from(revisions.find('byOwner', uid), ({ object }) => object);
}

/** How much of an owner's name the name of a revision begins with. Source: history, ControllerRevisionName. */
const MAX_OWNER_CHARS = 223;

/**
 * Creates a revision named by its hash.
 * @throws NameTakenError where the owner has it already, which the caches will show, or a predecessor of the owner's
 * name had it, which the garbage collector will take; HashCollisionError where another one has the name.
 */
export function createRevision(
  store: Pick<Store, 'write'>,
  owner: RevisionOwner,
  { kind, hash, data, revision, labels, at }: NewRevision,
  fence: Fence,
): Promise<WriteResult> {
  const { name, namespace, annotations } = owner.metadata;
  const metadata: StoredMeta = {
    name: `${name.slice(0, MAX_OWNER_CHARS)}-${hash}`,
    namespace,
    uid: randomUUID(),
    creationTimestamp: at,
    labels,
    ...(annotations && { annotations }),
    ownerReferences: [ownerReferenceTo(kind, owner)],
  };
  return store.write({
    key: keyOfRevision(owner, metadata.name),
    reads: 'all',
    fence,
    decide: (current): Decision => {
      if (!current) {
        const parts = { metadata: metadataText(metadata), desired: desiredText(data, revision), observed: null };
        return { kind: 'create', uid: metadata.uid, parts, placement: null };
      }
      const stored = JSON.parse(current.desired) as { data: unknown };
      const controller = controllerOf(JSON.parse(current.metadata) as StoredMeta);
      const isOfOwner = controller?.kind === kind.kind && controller.name === name;
      const isSame = canonicalJson(stored.data) === canonicalJson(data);
      throw isOfOwner && isSame ? new NameTakenError(metadata.name) : new HashCollisionError(metadata.name);
    },
  });
}

/** Gives a revision another number. */
export function renumberRevision(
  store: Pick<Store, 'write'>,
  owner: RevisionOwner,
  name: string,
  revision: number,
  fence: Fence,
): Promise<WriteResult> {
  return store.write({
    key: keyOfRevision(owner, name),
    reads: 'all',
    fence,
    decide: (stored): Decision => {
      if (!stored) return { kind: 'keep' };
      const { data } = JSON.parse(stored.desired) as { data: unknown };
      return { kind: 'update', parts: { desired: desiredText(data, revision) } };
    },
  });
}

/** Clients compare `data` byte for byte, so its text is made here and stored as it is. */
function desiredText(data: unknown, revision: number): string {
  return `{"data":${canonicalJson(data)},"revision":${revision}}`;
}

/** Deletes revisions by name. Returns the last revision number of the store that this took, 0 for none. */
export async function deleteRevisions(
  store: Pick<Store, 'write'>,
  owner: RevisionOwner,
  names: readonly string[],
  fence: Fence,
): Promise<number> {
  const results = await Promise.all(
    names.map((name) =>
      store.write({
        key: keyOfRevision(owner, name),
        reads: 'head',
        fence,
        decide: (current) => ({ kind: current ? 'delete' : 'keep' }),
      }),
    ),
  );
  return Math.max(0, ...results.map((result) => result.revision));
}
