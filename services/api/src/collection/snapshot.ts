import type { CachedObject, ObjectCache, ObjectChange } from '@everynode/list-watch';
import { mergeKeys } from './key-order.js';

/** The objects of a resource as they are, or were, at one revision. */
export interface Snapshot {
  revision: number;
  /** `namespace/name` in order. */
  keys: readonly string[];
  /** Every key has an object at this snapshot. */
  isExact: boolean;
  /** What was there of the objects that have changed since; undefined: nothing. */
  before: ReadonlyMap<string, CachedObject | undefined>;
  object(key: string): CachedObject | undefined;
}

export const keyOf = ({ record }: CachedObject): string => `${record.namespace}/${record.name}`;

/** What is there now. Ask for the objects at once: the cache moves on. */
export function snapshotNow(cache: ObjectCache, keys: readonly string[], revision: number): Snapshot {
  return { revision, keys, isExact: true, before: new Map(), object: (key) => cache.getByKey(key) };
}

/**
 * What was there at `revision`: the present with the changes since taken back. `changes` are all of the resource that came
 * after it, oldest first, and know what was before them.
 */
export function snapshotAt(
  cache: ObjectCache,
  keys: readonly string[],
  revision: number,
  changes: readonly ObjectChange[],
): Snapshot {
  const before = new Map<string, CachedObject | undefined>();
  for (const change of changes) {
    const key = keyOf(change.current);
    // The first change after the snapshot tells what was there in it.
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
