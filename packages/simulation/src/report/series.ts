/** A value over time: it holds from its time on, in ms since the start, until the next one's. */
export type Point = [atMs: number, value: number];

/** More points than a chart can show are thinned out. */
const MAX_POINTS = 400;

/** A value that changes now and then: its course, its peak, and its sum over time. */
export class Series {
  #points: Point[] = [];
  #peak = 0;
  #sum = 0;

  set(atMs: number, value: number): void {
    const last = this.#points.at(-1);
    if (last?.[1] === value) return;
    if (last) this.#sum += last[1] * (atMs - last[0]);
    this.#peak = Math.max(this.#peak, value);
    if (last?.[0] === atMs) last[1] = value;
    else this.#points.push([atMs, value]);
  }

  /** The last value. */
  get value(): number {
    return this.#points.at(-1)?.[1] ?? 0;
  }

  get peak(): number {
    return this.#peak;
  }

  /** The sum of the values over time, in value seconds, up to `untilMs`. */
  seconds(untilMs: number): number {
    const last = this.#points.at(-1);
    const open = last ? last[1] * Math.max(0, untilMs - last[0]) : 0;
    return Math.round(this.#sum + open) / 1000;
  }

  /** The course in points that are at least a fixed time apart; the last and the highest ones stay. */
  points(): Point[] {
    const all = this.#points;
    if (all.length <= MAX_POINTS) return all;
    const [first, last] = [all[0]?.[0] ?? 0, all.at(-1)?.[0] ?? 0];
    const buckets = new Map<number, Point[]>();
    for (const point of all) {
      const bucket = Math.floor(((point[0] - first) / Math.max(1, last - first)) * (MAX_POINTS / 2));
      buckets.set(bucket, [...(buckets.get(bucket) ?? []), point]);
    }
    return [...buckets.values()].flatMap((points) => {
      const highest = points.reduce((a, b) => (b[1] > a[1] ? b : a));
      const end = points.at(-1) ?? highest;
      return highest === end ? [end] : [highest, end];
    });
  }
}
