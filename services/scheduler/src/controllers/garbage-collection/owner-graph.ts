import type { CachedObject, ObjectCache, Reflector } from '@everynode/list-watch';
import { isReleased, type OwnerReference } from '@everynode/objects';
import {
  type Dependents,
  isDeletingDependents,
  isOrphaningDependents,
  type ReferenceState,
} from './owner-references.js';

/**
 * Kinds that an object outside all namespaces may have as owners. A name alone does not identify a namespaced owner.
 */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['/Node', '/Namespace']);

/**
 * Owners and dependents: the caches and their index by owner. All caches are of one revision, and an owner is created
 * before what refers to it, so an owner that the caches do not have is gone, and no further look is needed. A uid never
 * comes back.
 */
export class OwnerGraph {
  readonly #caches: readonly ObjectCache[];
  readonly #byResource: ReadonlyMap<string, ObjectCache>;
  readonly #byKind: ReadonlyMap<string, ObjectCache>;
  readonly #nodes: Pick<ObjectCache, 'get'>;

  constructor(reflector: Reflector) {
    this.#caches = [...reflector.caches];
    this.#byResource = new Map(this.#caches.map((cache) => [cache.resource, cache]));
    this.#byKind = new Map(this.#caches.map((cache) => [groupKind(cache.kind), cache]));
    this.#nodes = reflector.cache('nodes');
  }

  *objects(): Iterable<CachedObject> {
    for (const cache of this.#caches) yield* cache.list();
  }

  /** Returns the object of a key that `resourceKeyOf` made. */
  find(key: string): CachedObject | undefined {
    const slash = key.indexOf('/');
    return this.#byResource.get(key.slice(0, slash))?.getByKey(key.slice(slash + 1));
  }

  ownerOf(dependent: CachedObject, reference: OwnerReference): CachedObject | undefined {
    const cache = this.#byKind.get(groupKind(reference));
    const owner =
      cache?.get('', reference.name) ??
      (dependent.record.namespace === '' ? undefined : cache?.get(dependent.record.namespace, reference.name));
    return owner?.record.uid === reference.uid ? owner : undefined;
  }

  stateOf(dependent: CachedObject, reference: OwnerReference): ReferenceState {
    const kind = groupKind(reference);
    // What cannot be looked up counts as there: a kind that is not served here, a name without its namespace.
    if (!this.#byKind.has(kind)) return 'solid';
    const owner = this.ownerOf(dependent, reference);
    if (!owner) return dependent.record.namespace === '' && !CLUSTER_SCOPED.has(kind) ? 'solid' : 'dangling';
    return isDeletingDependents(owner.metadata) ? 'waiting' : 'solid';
  }

  *dependentsOf(uid: string): Iterable<CachedObject> {
    for (const cache of this.#caches) yield* cache.find('byOwner', uid);
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

/** All versions of a group have the same objects. */
function groupKind({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`;
}
