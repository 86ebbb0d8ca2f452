import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.js';
import { lastBefore } from './last-before.js';

/**
 * Drops journal rows older than `maxAgeSeconds`, and more when there are over `maxRows`, but never the last `minRows`.
 * Returns the revision up to which the journal is gone.
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
  const floor = rows[0]?.floor ?? 0;
  if (floor <= 0) return 0;
  await db.updateTable('revision_counter').set({ compacted: floor }).where('compacted', '<', floor).execute();
  await db.deleteFrom('journal').where('revision', '<=', floor).execute();
  return floor;
}
