import type { ObjectChange } from '@everynode/list-watch';

/** Changes kept for each resource. A watch that resumes from before the oldest gets 410 and lists again. */
const MAX_CHANGES = 20_000;
/** They go so many at a time, so that an append does not move the whole list. */
const SLICE = 2000;

/** The recent changes of one resource, oldest first. */
export class WatchHistory {
  #changes: ObjectChange[] = [];
  /** Everything after this revision is here. */
  #floor: number;

  constructor(floor: number) {
    this.#floor = floor;
  }

  get floor(): number {
    return this.#floor;
  }

  append(change: ObjectChange): void {
    this.#changes.push(change);
    if (this.#changes.length < MAX_CHANGES + SLICE) return;
    const dropped = this.#changes.splice(0, SLICE);
    this.#floor = dropped.at(-1)?.revision ?? this.#floor;
  }

  /** Changes after a revision, up to `limit`; undefined when some of them are not here any more. */
  after(revision: number, limit?: number): ObjectChange[] | undefined {
    if (revision < this.#floor) return undefined;
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return this.#changes.slice(low, limit === undefined ? undefined : low + limit);
  }

  /** Forgets everything: there is a gap before this revision. */
  cut(revision: number): void {
    this.#changes = [];
    this.#floor = revision;
  }
}
