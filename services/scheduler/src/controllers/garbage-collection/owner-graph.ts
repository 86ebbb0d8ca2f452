import type { CachedObject, ObjectCache, Reflector } from '@everynode/list-watch';
import { isReleased, type OwnerReference, type ResourceName } from '@everynode/objects';
import type { CustomKinds } from '../../custom-kinds.js';
import {
  type Dependents,
  isDeletingDependents,
  isOrphaningDependents,
  type ReferenceState,
} from './owner-references.js';

/**
 * Owners and dependents: the caches and their index by owner. All caches are of one revision, and an owner is created
 * before what refers to it, so an owner that the caches do not have is gone, and no further look is needed. A uid never
 * comes back.
 */
export class OwnerGraph {
  readonly #reflector: Reflector;
  readonly #kinds: CustomKinds;
  readonly #nodes: Pick<ObjectCache, 'get'>;

  constructor(reflector: Reflector, kinds: CustomKinds) {
    this.#reflector = reflector;
    this.#kinds = kinds;
    this.#nodes = reflector.cache('nodes');
  }

  *objects(): Iterable<CachedObject> {
    for (const cache of this.#reflector.caches) yield* cache.list();
  }

  /** Returns the object of a key that `resourceKeyOf` made. */
  find(key: string): CachedObject | undefined {
    const slash = key.indexOf('/');
    return this.#reflector.cache(key.slice(0, slash) as ResourceName).getByKey(key.slice(slash + 1));
  }

  ownerOf(dependent: CachedObject, reference: OwnerReference): CachedObject | undefined {
    const kind = this.#kinds.resourceOf(reference);
    if (!kind) return undefined;
    const namespace = kind.namespaced ? dependent.record.namespace : '';
    const owner = this.#reflector.cache(kind.resource).get(namespace, reference.name);
    return owner?.record.uid === reference.uid ? owner : undefined;
  }

  stateOf(dependent: CachedObject, reference: OwnerReference): ReferenceState {
    const kind = this.#kinds.resourceOf(reference);
    // What cannot be looked up counts as there: a kind that is not served here, a name without its namespace.
    if (!kind || (kind.namespaced && dependent.record.namespace === '')) return 'solid';
    const owner = this.ownerOf(dependent, reference);
    if (!owner) return 'dangling';
    return isDeletingDependents(owner.metadata) ? 'waiting' : 'solid';
  }

  *dependentsOf(uid: string): Iterable<CachedObject> {
    for (const cache of this.#reflector.caches) yield* cache.find('byOwner', uid);
  }

  describeDependents(uid: string): Dependents {
    const dependents = [...this.dependentsOf(uid)];
    return {
      any: dependents.length > 0,
      someDeleting: dependents.some(({ metadata }) => isDeletingDependents(metadata)),
    };
  }

  /**
   * True for a pod that is bound to a node which does not exist. Upstream waits 40 s before it believes that, because
   * its view of nodes and that of pods are not of the same moment. Here both are of one revision.
   */
  isOnMissingNode({ record }: CachedObject): boolean {
    return (
      record.resource === 'pods' && record.placement !== null && this.#nodes.get('', record.placement) === undefined
    );
  }

  /**
   * True for a pod without a node whose deletion has begun and which nothing holds: what was to remove it has ended
   * between its mark and its removal. Source: pkg/controller/podgc, gcUnscheduledTerminating.
   */
  isLeftInDeletion({ record, metadata }: CachedObject): boolean {
    return record.resource === 'pods' && record.placement === null && isReleased(metadata);
  }

  /** Cheap enough for every change: lookups by key, and parsed metadata that the index by owner has parsed already. */
  needsWork(object: CachedObject): boolean {
    const { metadata } = object;
    if (isDeletingDependents(metadata) || isOrphaningDependents(metadata)) return true;
    if (this.isOnMissingNode(object) || this.isLeftInDeletion(object)) return true;
    if (metadata.deletionTimestamp !== undefined) return false;
    return metadata.ownerReferences?.some((reference) => this.stateOf(object, reference) !== 'solid') ?? false;
  }
}
