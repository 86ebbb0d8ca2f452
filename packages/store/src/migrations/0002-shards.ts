import { type Kysely, sql } from 'kysely';

/** How many shards the schedulers' work is cut into. More than there will be replicas, so that they spread evenly. */
export const SHARD_COUNT = 32;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table schedulers (replica text primary key, expires_at timestamptz not null)`.execute(db);
  await sql`create table shard_leases (shard integer primary key, holder text, epoch bigint not null)`.execute(db);
  await sql`insert into shard_leases select n, null, 0 from generate_series(0, ${sql.lit(SHARD_COUNT - 1)}) n`.execute(
    db,
  );
}
