import { type Kysely, sql } from 'kysely';

/**
 * A pod is about 3 kB. Above 2 kB Postgres moves the largest parts of a row to a side table. To write them there, with
 * an index of its own, costs more than to write the row: a fifth of all CPU in Postgres. So rows stay in one piece as
 * long as a page holds them. An object's page keeps room for the next version, which then touches no index (a HOT
 * update).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table objects set (toast_tuple_target = 8160, fillfactor = 50)`.execute(db);
  await sql`alter table journal set (toast_tuple_target = 8160)`.execute(db);
}
