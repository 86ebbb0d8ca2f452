import type { CachedObject } from '@everynode/list-watch';
import { controllerOf, type StoredKinds, type StoredMeta } from '@everynode/objects';
import type { Fence, WriteRequest } from '@everynode/store';
import { claimOf, type OwnerKind, ownerReferenceTo, type Selecting } from '@everynode/workloads';
import type { SchedulerContext } from '../../scheduler-context.js';
import { decideAdoption, decideRelease } from './decide-ownership.js';

/** What is adopted and released. */
type Claimable = 'pods' | 'replicasets.apps' | 'controllerrevisions.apps';

/** An owner, as the caches have it. */
export type ClaimingOwner = Pick<CachedObject, 'record' | 'metadata'> & { object: Selecting };

type ClaimContext = {
  store: Pick<SchedulerContext['store'], 'get' | 'write'>;
  reflector: SchedulerContext['reflector'];
};

/** Returns the writes that adopt the objects which the owner selects, and release those that it no longer selects. */
export function claimRequests(
  owner: ClaimingOwner,
  kind: OwnerKind,
  candidates: Iterable<CachedObject>,
  fence: Fence,
  isMember: (object: CachedObject) => boolean = () => true,
): WriteRequest<'all'>[] {
  const reference = ownerReferenceTo(kind, owner);
  const requests: WriteRequest<'all'>[] = [];
  for (const object of candidates) {
    const claim = claimOf(owner.object, object, isMember(object));
    if (claim !== 'adopt' && claim !== 'release') continue;
    const { resource, namespace, name, uid } = object.record;
    requests.push({
      key: { resource, namespace, name },
      reads: 'all',
      fence,
      decide: (current) =>
        claim === 'adopt' ? decideAdoption(current, uid, reference) : decideRelease(current, uid, owner.record.uid),
    });
  }
  return requests;
}

/**
 * Does the writes that claim objects. Returns the last revision, 0 for none.
 * @throws Error when the owner was deleted or replaced and the cache does not show that yet: it must not adopt.
 */
export async function claimAll(
  { store }: ClaimContext,
  { record }: Pick<ClaimingOwner, 'record'>,
  requests: readonly WriteRequest<'all'>[],
): Promise<number> {
  if (requests.length === 0) return 0;
  const stored = await store.get(record.resource, record.namespace, record.name);
  if (stored?.uid !== record.uid || stored.metadata.includes('"deletionTimestamp"')) {
    throw new Error('the owner was deleted or replaced before it could claim its objects');
  }
  const results = await Promise.all(requests.map((request) => store.write(request)));
  return Math.max(...results.map((result) => (result.outcome === 'kept' ? 0 : result.revision)));
}

/** The objects that an owner controls, and the last revision that it took to claim some, 0 for none. */
interface Claimed<K extends Claimable> {
  owned: CachedObject<StoredKinds[K]>[];
  written: number;
}

/** Finds the objects that an owner controls. It adopts and releases what it has to; then `owned` is as before that. */
export async function claimOwned<K extends Claimable>(
  context: ClaimContext,
  owner: ClaimingOwner,
  kind: OwnerKind,
  resource: K,
  fence: Fence,
  isMember?: (object: CachedObject) => boolean,
): Promise<Claimed<K>> {
  const cache = context.reflector.cache(resource);
  const { uid, namespace } = owner.record;
  const owned = [...cache.find('byOwner', uid)].filter(
    ({ metadata }) => controllerOf(metadata as StoredMeta)?.uid === uid,
  );
  const candidates = [...owned, ...cache.find('orphans', namespace)] as CachedObject[];
  const requests = claimRequests(owner, kind, candidates, fence, isMember);
  return { owned, written: await claimAll(context, owner, requests) };
}
