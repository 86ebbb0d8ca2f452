import type { CachedObject, ObjectCache, ObjectChange } from '@everynode/list-watch';
import { keyOf } from '@everynode/objects';
import { mergeKeys } from './key-order.js';

/** The objects of a resource as they are, or were, at one revision. */
export interface Snapshot {
  revision: number;
  /** `namespace/name` in order. */
  keys: readonly string[];
  /** True when every key has an object in this snapshot. */
  isExact: boolean;
  /** Objects that have changed since, as they were at `revision`; undefined for an object that did not exist. */
  before: ReadonlyMap<string, CachedObject | undefined>;
  object(key: string): CachedObject | undefined;
}

/** The cache as it is now. Read the objects before the next await: the cache moves on. */
export function snapshotNow(cache: ObjectCache, keys: readonly string[], revision: number): Snapshot {
  return { revision, keys, isExact: true, before: new Map(), object: (key) => cache.getByKey(key) };
}

/**
 * The cache as it was at `revision`: its present state with the later changes taken back. `changes` are all changes of
 * the resource after that revision, oldest first, each with its previous version.
 */
export function snapshotAt(
  cache: ObjectCache,
  keys: readonly string[],
  revision: number,
  changes: readonly ObjectChange[],
): Snapshot {
  const before = new Map<string, CachedObject | undefined>();
  for (const change of changes) {
    const key = keyOf(change.current.record);
    // The first change after the revision carries the version that the snapshot shows.
    if (!before.has(key)) before.set(key, change.previous);
  }
  const gone = [...before].filter(([key, object]) => object !== undefined && !cache.getByKey(key)).map(([key]) => key);
  return {
    revision,
    keys: gone.length === 0 ? keys : mergeKeys(keys, gone.sort()),
    isExact: false,
    before,
    object: (key) => (before.has(key) ? before.get(key) : cache.getByKey(key)),
  };
}
