import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import { keyOf, type Moment } from './moment.js';

/** How long after it was last asked for a moment is kept, in ms. Upstream's tokens live as long as etcd keeps revisions: 5 minutes. */
const KEPT_MS = 5 * 60_000;
/** Moments of one resource; the one that nobody has asked for the longest goes first. */
const MOST_MOMENTS = 8;
/** Old versions that all moments of a resource may hold together. */
const MOST_OLD = 100_000;

interface Kept {
  moment: Moment;
  /** What was there before the first change since; undefined: nothing. */
  before: Map<string, CachedObject | undefined>;
  askedAt: number;
}

/**
 * Moments of one resource of which further pages are to come. Each grows with what changes after it, one old version for an
 * object, so that a page costs what a page is and a list can be read to its end however much changes meanwhile.
 */
export class KeptMoments {
  readonly #kept = new Map<number, Kept>();
  readonly #now: () => number;

  /** `now` in ms, on any clock that does not go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(revision: number): Moment | undefined {
    const kept = this.#kept.get(revision);
    if (!kept) return undefined;
    kept.askedAt = this.#now();
    // Put last: the first one is the one that was asked for the longest ago.
    this.#kept.delete(revision);
    this.#kept.set(revision, kept);
    return kept.moment;
  }

  /** Keeps a moment, as it is at the time of the call: nothing may have changed since it was made. */
  keep(moment: Moment): void {
    const { revision } = moment;
    if (this.get(revision)) return;
    const before = new Map(moment.before);
    const { object } = moment;
    const keys = moment.isExact ? moment.keys : moment.keys.filter((key) => object(key) !== undefined);
    const kept: Moment = {
      revision,
      keys,
      isExact: true,
      before,
      object: (key) => (before.has(key) ? before.get(key) : object(key)),
    };
    this.#kept.set(revision, { moment: kept, before, askedAt: this.#now() });
    if (this.#kept.size > MOST_MOMENTS) this.#dropFirst();
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
    if (old > MOST_OLD) this.#dropFirst();
  }

  #dropFirst(): void {
    const [first] = this.#kept.keys();
    if (first !== undefined) this.#kept.delete(first);
  }
}
