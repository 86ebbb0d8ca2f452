import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.js';
import { lastBefore } from './last-before.js';

/** How long the mark of a writer is kept: no write is in doubt for so long. */
const WRITER_DAYS = 7;

/**
 * Drops journal rows older than `maxAgeSeconds`, and more when there are over `maxRows`, but never the last `minRows`.
 * Returns the revision up to which the journal is gone. The marks of writers that are long gone are dropped too.
 */
export async function compactJournal(
  db: Kysely<Database>,
  limits: { maxAgeSeconds: number; maxRows: number; minRows: number },
): Promise<number> {
  const { rows } = await sql<{ floor: number }>`
    select least(
      greatest(
        ${lastBefore(sql`now() - make_interval(secs => ${limits.maxAgeSeconds})`)},
        (select revision from revision_counter) - ${limits.maxRows}::bigint
      ),
      (select revision from revision_counter) - ${limits.minRows}::bigint
    ) as floor`.execute(db);
  await sql`delete from writers where written_at < now() - make_interval(days => ${WRITER_DAYS})`.execute(db);
  const floor = rows[0]?.floor ?? 0;
  if (floor <= 0) return 0;
  await db.updateTable('revision_counter').set({ compacted: floor }).where('compacted', '<', floor).execute();
  await db.deleteFrom('journal').where('revision', '<=', floor).execute();
  return floor;
}
