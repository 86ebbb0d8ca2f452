import type { ResourceName } from '@everynode/objects';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../schema.js';

/** An Event object with the revision that it had when it was listed. */
export interface ExpiredEvent {
  namespace: string;
  name: string;
  revision: number;
}

/**
 * The last revision that was written before a time. It is looked for from the old end of the journal: what is old is soon
 * compacted away, so there is little of it, while from the other end all that is new would be read to find none.
 */
export function lastBefore(time: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`coalesce(
    (select revision - 1 from journal where written_at >= ${time} order by revision limit 1),
    (select revision from revision_counter))`;
}

/**
 * Events that were last written before `before`, or so long ago that the journal has forgotten when; up to `limit`.
 *
 * Revisions are in order of time, so one look at the journal tells where "before" ends, and no event has to be parsed
 * for its age. It also bounds their number: there are never more events than rows in the journal.
 */
export async function listExpiredEvents(db: Kysely<Database>, before: Date, limit: number): Promise<ExpiredEvent[]> {
  const { rows } = await sql<ExpiredEvent>`
    select namespace, name, revision from objects
    where resource = 'events'
      and revision <= (select greatest((select compacted from revision_counter), ${lastBefore(sql`${before}`)}))
    limit ${limit}`.execute(db);
  return rows;
}

/** Keys of the objects of one resource in a namespace, up to `limit`, by name: for what no cache holds. */
export async function listNames(
  db: Kysely<Database>,
  resource: ResourceName,
  namespace: string,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('objects')
    .select('name')
    .where('resource', '=', resource)
    .where('namespace', '=', namespace)
    .orderBy('name')
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}
