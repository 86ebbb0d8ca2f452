/** Consecutive revisions, both ends included. */
export interface RevisionRange {
  first: number;
  last: number;
}

/** The id of an `objects-changed` message: a reader that has its revisions already need not decode it. */
export const rangeId = ({ first, last }: RevisionRange): string => `changes-${first}-${last}`;

/** The revisions that an id names; undefined for an id of another kind of message. */
export function rangeOf(id: string | undefined): RevisionRange | undefined {
  const match = /^changes-(\d+)-(\d+)$/.exec(id ?? '');
  return match ? { first: Number(match[1]), last: Number(match[2]) } : undefined;
}
