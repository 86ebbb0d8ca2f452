import { type Kysely, sql } from 'kysely';

/**
 * The number of the last batch that each writer has committed, so that a writer which did not hear the answer to its
 * COMMIT can find out what became of it. The row changes with every commit and touches no index (a HOT update).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table writers (
      writer text collate "C" primary key,
      batch bigint not null,
      written_at timestamptz not null default now()
    ) with (fillfactor = 20)`.execute(db);
}
