import { type KubeObject, keyOf, type ObjectRecord, type ResourceName, type StoredKinds } from '@everynode/objects';
import { CachedObject, type KindName } from './cached-object.js';

/** A change of a cached object. `current` is the last state for DELETED, `previous` is undefined for ADDED. */
export interface ObjectChange<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  revision: number;
  previous: CachedObject<T> | undefined;
  current: CachedObject<T>;
}

/** True for a change of an object of this resource, which is then typed by its kind. */
export function isChangeOf<K extends ResourceName>(
  change: ObjectChange,
  resource: K,
): change is ObjectChange<StoredKinds[K]> {
  return change.current.record.resource === resource;
}

/** Returns the values under which an index finds an object: of anything but its status. */
export type Indexer<T extends KubeObject = KubeObject> = (object: CachedObject<T>) => string[];

interface Index<T extends KubeObject> {
  valuesOf(object: CachedObject<T>): string[];
  readonly entries: Map<string, Map<string, CachedObject<T>>>;
}

/** All objects of one resource, by key and by index. Lookups cost O(result). */
export class ObjectCache<T extends KubeObject = KubeObject> {
  readonly #objects = new Map<string, CachedObject<T>>();
  readonly #namespaces = new Map<string, Map<string, CachedObject<T>>>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor(
    readonly resource: ResourceName,
    readonly kind: KindName,
    indexers: Record<string, Indexer<T>> = {},
  ) {
    for (const [name, indexer] of Object.entries(indexers))
      this.#indexes.set(name, { valuesOf: indexer, entries: new Map() });
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): CachedObject<T> | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  /** By the key that `keyOf` returns. */
  getByKey(key: string): CachedObject<T> | undefined {
    return this.#objects.get(key);
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): Iterable<CachedObject<T>> {
    if (namespace === undefined) return this.#objects.values();
    return this.#namespaces.get(namespace)?.values() ?? [];
  }

  /** Objects under a value of an index. */
  find(index: string, value: string): Iterable<CachedObject<T>> {
    return this.#indexOf(index).entries.get(value)?.values() ?? [];
  }

  /** The values of an index that have objects. */
  values(index: string): Iterable<string> {
    return this.#indexOf(index).entries.keys();
  }

  #indexOf(name: string): Index<T> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`${this.resource} has no index ${name}`);
    return index;
  }

  /** Stores a record and returns the change; undefined when the cached version is not older. */
  put(record: ObjectRecord): ObjectChange<T> | undefined {
    const key = keyOf(record);
    const previous = this.#objects.get(key);
    if (previous && previous.record.revision >= record.revision) return undefined;
    const current = new CachedObject<T>(record, this.kind, previous);
    this.#objects.set(key, current);
    this.#index(key, current, previous);
    return { type: previous ? 'MODIFIED' : 'ADDED', revision: record.revision, previous, current };
  }

  /** Removes an object and returns the change. `last` is its final state, with the revision of the deletion. */
  remove(last: ObjectRecord): ObjectChange<T> | undefined {
    const key = keyOf(last);
    const previous = this.#objects.get(key);
    if (!previous) return undefined;
    this.#objects.delete(key);
    this.#unindex(key, previous);
    return {
      type: 'DELETED',
      revision: last.revision,
      previous,
      current: new CachedObject<T>(last, this.kind, previous),
    };
  }

  /** Adds an object under its values, and removes it from the values that only its version before had. */
  #index(key: string, object: CachedObject<T>, previous: CachedObject<T> | undefined): void {
    const { namespace } = object.record;
    let inNamespace = this.#namespaces.get(namespace);
    if (!inNamespace) {
      inNamespace = new Map();
      this.#namespaces.set(namespace, inNamespace);
    }
    inNamespace.set(key, object);
    const before = previous && !isAsIndexed(previous.record, object.record) ? previous : undefined;
    for (const { valuesOf, entries } of this.#indexes.values()) {
      const values = valuesOf(object);
      for (const value of values) {
        let bucket = entries.get(value);
        if (!bucket) {
          bucket = new Map();
          entries.set(value, bucket);
        }
        bucket.set(key, object);
      }
      if (!before) continue;
      for (const value of valuesOf(before)) if (!values.includes(value)) removeFrom(entries, value, key);
    }
  }

  #unindex(key: string, object: CachedObject<T>): void {
    const { namespace } = object.record;
    removeFrom(this.#namespaces, namespace, key);
    for (const { valuesOf, entries } of this.#indexes.values()) {
      for (const value of valuesOf(object)) removeFrom(entries, value, key);
    }
  }
}

/** True when both versions have the same values in every index. */
const isAsIndexed = (a: ObjectRecord, b: ObjectRecord): boolean =>
  a.metadata === b.metadata && a.desired === b.desired && a.placement === b.placement;

function removeFrom(entries: Map<string, Map<string, CachedObject>>, value: string, key: string): void {
  const bucket = entries.get(value);
  bucket?.delete(key);
  if (bucket?.size === 0) entries.delete(value);
}
