import type { JournalChange } from '@everynode/contract';
import { keyOf, type ObjectRecord, type ResourceName } from '@everynode/objects';
import type { SnapshotScope } from '@everynode/store';
import type { KindName } from '../cache/cached-object.js';
import { type Indexer, ObjectCache, type ObjectChange } from '../cache/object-cache.js';
import { completeRecord } from './complete-record.js';

/** A resource to keep, with its indexes. */
export interface CachedResource {
  resource: ResourceName;
  kind: KindName;
  indexers?: Record<string, Indexer>;
}

/** The resources that are kept from their first object on, beside those that are named: what clients define. */
export interface OtherResources {
  /** Their kinds. */
  kindOf(resource: ResourceName): KindName;
  indexers?: Record<string, Indexer>;
  /** Resources that are not kept. */
  except?: readonly ResourceName[];
}

/** The caches of a reflector, and the one revision at which they all stand. */
export class CacheSet {
  readonly #caches = new Map<ResourceName, ObjectCache>();
  readonly #others: OtherResources | undefined;
  #revision = -1;

  /** Without `others` no other resources are kept. */
  constructor(resources: readonly CachedResource[], others?: OtherResources) {
    this.#others = others;
    for (const { resource, kind, indexers } of resources) {
      this.#caches.set(resource, new ObjectCache(resource, kind, indexers));
    }
  }

  /** The revision up to which the caches have everything; -1 before the first list. */
  get revision(): number {
    return this.#revision;
  }

  /** What is kept. */
  get resources(): SnapshotScope {
    return this.#others ? { except: this.#others.except ?? [] } : [...this.#caches.keys()];
  }

  /** How many objects the caches hold. */
  get size(): number {
    let size = 0;
    for (const cache of this.#caches.values()) size += cache.size;
    return size;
  }

  get(resource: ResourceName): ObjectCache | undefined {
    const known = this.#caches.get(resource);
    if (known || !this.#others || this.#others.except?.includes(resource)) return known;
    const made = new ObjectCache(resource, this.#others.kindOf(resource), this.#others.indexers);
    this.#caches.set(resource, made);
    return made;
  }

  [Symbol.iterator](): Iterator<ObjectCache> {
    return this.#caches.values();
  }

  /**
   * Applies changes that begin right after the revision, and appends to `applied` what they changed. A change of a
   * resource that is not kept only moves the revision.
   *
   * @returns false when a change does not follow on what is cached; the changes before it are applied.
   */
  apply(changes: readonly JournalChange[], applied: ObjectChange[]): boolean {
    for (const change of changes) {
      if (change.revision !== this.#revision + 1) return false;
      const cache = this.get(change.resource);
      if (cache) {
        const record = completeRecord(change, cache.get(change.namespace, change.name)?.record);
        if (!record) return false;
        const result = change.type === 'DELETED' ? cache.remove(record) : cache.put(record);
        if (result) applied.push(result);
      }
      this.#revision = change.revision;
    }
    return true;
  }

  /** Makes the caches equal to a snapshot, in one step, and returns the difference to what they held. */
  replace(records: readonly ObjectRecord[], revision: number): ObjectChange[] {
    const changes: ObjectChange[] = [];
    const listed = new Map<ResourceName, Set<string>>();
    for (const record of records) {
      const keys = listed.get(record.resource) ?? new Set();
      listed.set(record.resource, keys.add(keyOf(record)));
      const change = this.get(record.resource)?.put(record);
      if (change) changes.push(change);
    }
    for (const [resource, cache] of this.#caches) {
      const keys = listed.get(resource);
      const gone = [...cache.list()].filter(({ record }) => !keys?.has(keyOf(record)));
      for (const { record } of gone) {
        const change = cache.remove({ ...record, revision });
        if (change) changes.push(change);
      }
    }
    this.#revision = revision;
    return changes;
  }
}
