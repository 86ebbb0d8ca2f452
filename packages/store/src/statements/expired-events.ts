import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.js';
import { lastBefore } from './last-before.js';

/** An Event object with the revision that it had when it was listed. */
export interface ExpiredEvent {
  namespace: string;
  name: string;
  revision: number;
}

/**
 * Reads events that were last written before `before`, or before the first row of the journal; up to `limit`.
 *
 * Revisions are in order of time, so one look at the journal shows the last revision before a time, and no event has to
 * be parsed for its age. It also bounds their number: there are never more events than rows in the journal.
 */
export async function listExpiredEvents(db: Kysely<Database>, before: Date, limit: number): Promise<ExpiredEvent[]> {
  const { rows } = await sql<ExpiredEvent>`
    select namespace, name, revision from objects
    where resource = 'events'
      and revision <= (select greatest((select compacted from revision_counter), ${lastBefore(sql`${before}`)}))
    limit ${limit}`.execute(db);
  return rows;
}
