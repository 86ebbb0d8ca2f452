import type { ObjectRecord } from '@everynode/objects';
import { CachedObject, type KindName } from './cached-object.js';

/** A change of a cached object. `current` is the last state for DELETED, `previous` is undefined for ADDED. */
export interface ObjectChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  revision: number;
  previous: CachedObject | undefined;
  current: CachedObject;
}

/** Gives the values under which an object is found in an index. */
export type Indexer = (object: CachedObject) => string[];

/** All objects of one resource, by key and by index. Lookups cost O(result). */
export class ObjectCache {
  readonly #objects = new Map<string, CachedObject>();
  readonly #namespaces = new Map<string, Map<string, CachedObject>>();
  readonly #indexes = new Map<string, { indexer: Indexer; entries: Map<string, Map<string, CachedObject>> }>();

  constructor(
    readonly resource: string,
    readonly kind: KindName,
    indexers: Record<string, Indexer> = {},
  ) {
    for (const [name, indexer] of Object.entries(indexers)) this.#indexes.set(name, { indexer, entries: new Map() });
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): CachedObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  /** By `namespace/name`; the namespace is empty for cluster-scoped objects. */
  getByKey(key: string): CachedObject | undefined {
    return this.#objects.get(key);
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): Iterable<CachedObject> {
    if (namespace === undefined) return this.#objects.values();
    return this.#namespaces.get(namespace)?.values() ?? [];
  }

  /** Objects under a value of an index. */
  find(index: string, value: string): Iterable<CachedObject> {
    const found = this.#indexes.get(index);
    if (!found) throw new Error(`${this.resource} has no index ${index}`);
    return found.entries.get(value)?.values() ?? [];
  }

  /** Puts a record in place and tells what that changed; undefined when it was there already. */
  put(record: ObjectRecord): ObjectChange | undefined {
    const key = `${record.namespace}/${record.name}`;
    const previous = this.#objects.get(key);
    if (previous && previous.record.revision >= record.revision) return undefined;
    const current = new CachedObject(record, this.kind, previous);
    this.#objects.set(key, current);
    this.#index(key, current, previous);
    return { type: previous ? 'MODIFIED' : 'ADDED', revision: record.revision, previous, current };
  }

  /** Takes an object out. `last` is its final state; the revision in it is that of the deletion. */
  remove(last: ObjectRecord): ObjectChange | undefined {
    const key = `${last.namespace}/${last.name}`;
    const previous = this.#objects.get(key);
    if (!previous) return undefined;
    this.#objects.delete(key);
    this.#unindex(key, previous);
    return {
      type: 'DELETED',
      revision: last.revision,
      previous,
      current: new CachedObject(last, this.kind, previous),
    };
  }

  /** Puts an object under its values, and away from those that it had before alone. */
  #index(key: string, object: CachedObject, previous: CachedObject | undefined): void {
    const { namespace } = object.record;
    let inNamespace = this.#namespaces.get(namespace);
    if (!inNamespace) {
      inNamespace = new Map();
      this.#namespaces.set(namespace, inNamespace);
    }
    inNamespace.set(key, object);
    for (const { indexer, entries } of this.#indexes.values()) {
      const values = indexer(object);
      for (const value of values) {
        let bucket = entries.get(value);
        if (!bucket) {
          bucket = new Map();
          entries.set(value, bucket);
        }
        bucket.set(key, object);
      }
      if (!previous) continue;
      for (const value of indexer(previous)) if (!values.includes(value)) takeOut(entries, value, key);
    }
  }

  #unindex(key: string, object: CachedObject): void {
    const { namespace } = object.record;
    takeOut(this.#namespaces, namespace, key);
    for (const { indexer, entries } of this.#indexes.values()) {
      for (const value of indexer(object)) takeOut(entries, value, key);
    }
  }
}

function takeOut(entries: Map<string, Map<string, CachedObject>>, value: string, key: string): void {
  const bucket = entries.get(value);
  bucket?.delete(key);
  if (bucket?.size === 0) entries.delete(value);
}
