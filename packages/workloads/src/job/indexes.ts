/** Annotation and label of a pod: which index of an Indexed Job it works on. */
export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';

type Range = readonly [first: number, last: number];

/**
 * Indexes as ranges in order, which neither overlap nor touch. A client may write a status, and a range of it is as
 * long as it likes: so what is kept grows with the text and not with the indexes in it.
 */
export class IndexSet {
  readonly size: number;
  readonly #ranges: readonly Range[];

  private constructor(ranges: readonly Range[]) {
    this.#ranges = joined(ranges);
    this.size = this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** Reads the form of a status, `0-2,5`, and adds `more`. Indexes that are not below `below` are left out. */
  static of(text: string | undefined, more: Iterable<number>, below: number): IndexSet {
    const ranges = rangesOf(text ?? '', below);
    for (const index of more) if (index < below) ranges.push([index, index]);
    return new IndexSet(ranges);
  }

  has(index: number): boolean {
    return this.lastFrom(index) !== undefined;
  }

  /** Returns the end of the range that has the index; undefined where none has it. */
  lastFrom(index: number): number | undefined {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    const [first, last] = this.#ranges[low] ?? [];
    return first !== undefined && first <= index ? last : undefined;
  }

  /** How many indexes are in both. */
  countWithin(other: IndexSet): number {
    let count = 0;
    let at = 0;
    for (const [first, last] of this.#ranges) {
      for (; ; at += 1) {
        const [from, to] = other.#ranges[at] ?? [];
        if (from === undefined || to === undefined || from > last) break;
        count += Math.max(0, Math.min(last, to) - Math.max(first, from) + 1);
        if (to > last) break;
      }
    }
    return count;
  }

  /** Writes indexes as a status has them; two neighbours have a comma between them. Source: indexed_job_utils.go. */
  toString(): string {
    return this.#ranges
      .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
      .join(',');
  }
}

const rangesOf = (text: string, below: number): Range[] =>
  text.split(',').flatMap((part): Range[] => {
    const [first = '', last = first] = part.split('-');
    const end = Math.min(Number(last), below - 1);
    return /^\d+$/.test(first) && Number(first) <= end ? [[Number(first), end]] : [];
  });

function joined(ranges: readonly Range[]): Range[] {
  const all: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = all.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}

/** The index of a pod; undefined for a pod without one. */
export function indexOf(pod: { metadata?: { annotations?: Record<string, string> } }): number | undefined {
  const text = pod.metadata?.annotations?.[INDEX_KEY];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
