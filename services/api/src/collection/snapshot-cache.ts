import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import { keyOf } from '@everynode/objects';
import type { Snapshot } from './snapshot.js';

/** How long a snapshot is kept after its last use, in ms: as long as upstream's etcd keeps revisions. */
const KEPT_MS = 5 * 60_000;
/** Snapshots of one resource. Beyond this the least recently used one is dropped. */
const MAX_SNAPSHOTS = 8;
/** Old versions that all snapshots of a resource may hold together. */
const MAX_OLD_VERSIONS = 100_000;

interface Kept {
  snapshot: Snapshot;
  /** The version before the first change since, by key; undefined for an object that did not exist. */
  before: Map<string, CachedObject | undefined>;
  usedAt: number;
}

/**
 * Snapshots of one resource whose lists have further pages. Each grows by the objects that change after it, one old
 * version for an object. So a page costs what a page costs, and a list can be read to its end however much changes
 * meanwhile.
 */
export class SnapshotCache {
  readonly #kept = new Map<number, Kept>();
  readonly #now: () => number;

  /** `now` in ms, on any clock that does not go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(revision: number): Snapshot | undefined {
    const kept = this.#kept.get(revision);
    if (!kept) return undefined;
    kept.usedAt = this.#now();
    // Moves it to the end: the first entry is always the least recently used one.
    this.#kept.delete(revision);
    this.#kept.set(revision, kept);
    return kept.snapshot;
  }

  /** Keeps a snapshot. No change may have been recorded since it was made. */
  keep(snapshot: Snapshot): void {
    const { revision } = snapshot;
    if (this.get(revision)) return;
    const before = new Map(snapshot.before);
    const { object } = snapshot;
    const keys = snapshot.isExact ? snapshot.keys : snapshot.keys.filter((key) => object(key) !== undefined);
    const kept: Snapshot = {
      revision,
      keys,
      isExact: true,
      before,
      object: (key) => (before.has(key) ? before.get(key) : object(key)),
    };
    this.#kept.set(revision, { snapshot: kept, before, usedAt: this.#now() });
    if (this.#kept.size > MAX_SNAPSHOTS) this.#dropFirst();
  }

  /** Records the previous version of a changed object. It must be called for every change of the resource, in order. */
  recordChange({ previous, current }: ObjectChange): void {
    if (this.#kept.size === 0) return;
    const key = keyOf(current.record);
    const oldest = this.#now() - KEPT_MS;
    let old = 0;
    for (const [revision, { before, usedAt }] of this.#kept) {
      if (usedAt < oldest) this.#kept.delete(revision);
      else {
        if (!before.has(key)) before.set(key, previous);
        old += before.size;
      }
    }
    if (old > MAX_OLD_VERSIONS) this.#dropFirst();
  }

  #dropFirst(): void {
    const [first] = this.#kept.keys();
    if (first !== undefined) this.#kept.delete(first);
  }
}
