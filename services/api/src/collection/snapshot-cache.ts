import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import { keyOf, type Snapshot } from './snapshot.js';

/** How long after it was last asked for a snapshot is kept, in ms. Upstream's tokens live as long as etcd keeps revisions: 5 minutes. */
const KEPT_MS = 5 * 60_000;
/** Moments of one resource; the one that nobody has asked for the longest goes first. */
const MAX_SNAPSHOTS = 8;
/** Old versions that all moments of a resource may hold together. */
const MAX_OLD_VERSIONS = 100_000;

interface Kept {
  snapshot: Snapshot;
  /** What was there before the first change since; undefined: nothing. */
  before: Map<string, CachedObject | undefined>;
  askedAt: number;
}

/**
 * Moments of one resource of which further pages are to come. Each grows with what changes after it, one old version for an
 * object, so that a page costs what a page is and a list can be read to its end however much changes meanwhile.
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
    kept.askedAt = this.#now();
    // Put last: the first one is the one that was asked for the longest ago.
    this.#kept.delete(revision);
    this.#kept.set(revision, kept);
    return kept.snapshot;
  }

  /** Keeps a snapshot, as it is at the time of the call: nothing may have changed since it was made. */
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
    this.#kept.set(revision, { snapshot: kept, before, askedAt: this.#now() });
    if (this.#kept.size > MAX_SNAPSHOTS) this.#dropFirst();
  }

  /** Every change of the resource, in order. */
  note({ previous, current }: ObjectChange): void {
    if (this.#kept.size === 0) return;
    const key = keyOf(current);
    const oldest = this.#now() - KEPT_MS;
    let old = 0;
    for (const [revision, { before, askedAt }] of this.#kept) {
      if (askedAt < oldest) this.#kept.delete(revision);
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
