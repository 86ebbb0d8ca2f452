import { type RawBuilder, sql } from 'kysely';

/**
 * The last revision that was written before a time, as a part of a statement. The search begins at the old end of the
 * journal: old rows are soon compacted away, so there are few of them, while from the other end all new rows would be
 * read to find none.
 */
export function lastBefore(time: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`coalesce(
    (select revision - 1 from journal where written_at >= ${time} order by revision limit 1),
    (select revision from revision_counter))`;
}
