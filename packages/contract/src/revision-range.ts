/** Revisions that follow each other without a gap, both ends included. */
export interface RevisionRange {
  first: number;
  last: number;
}

/** The id of an `objects-changed` message: whoever has its revisions already need not look into it. */
export const rangeId = ({ first, last }: RevisionRange): string => `changes-${first}-${last}`;

/** The revisions that an id names; undefined for one of another kind. */
export function rangeOf(id: string | undefined): RevisionRange | undefined {
  const match = /^changes-(\d+)-(\d+)$/.exec(id ?? '');
  return match ? { first: Number(match[1]), last: Number(match[2]) } : undefined;
}
