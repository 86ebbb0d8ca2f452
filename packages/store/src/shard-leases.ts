import { type Kysely, sql } from 'kysely';
import { SHARD_COUNT } from './migrations/0002-shards.js';
import type { Database } from './schema.js';

export { SHARD_COUNT };

/** A shard that a replica holds, with the token its writes carry. */
export interface HeldShard {
  shard: number;
  epoch: number;
}

/**
 * One round of the shard protocol for `replica`: records that it is alive, and acquires or releases shards until it
 * holds its fair share. Returns the shards that it holds. Everything is decided by the clock of Postgres and in one
 * transaction, so replicas need no clocks in step.
 *
 * A replica that was silent for `ttlSeconds` is dead: its shards are free. A shard that changes hands gets a higher
 * epoch, which makes every write of the former holder fail.
 */
export async function leaseShards(db: Kysely<Database>, replica: string, ttlSeconds: number): Promise<HeldShard[]> {
  return (await renewShards(db, replica, ttlSeconds)) ?? (await shareShards(db, replica, ttlSeconds));
}

/**
 * The round in which nothing changes, which is nearly every one: records that the replica is alive, in one statement.
 * Returns undefined when the replica was not known to be alive, when another one has died, or when there are shards to
 * acquire or to release.
 */
async function renewShards(
  db: Kysely<Database>,
  replica: string,
  ttlSeconds: number,
): Promise<HeldShard[] | undefined> {
  const { rows } = await sql<{ shard: number; epoch: number; mine: boolean; free: boolean; names: string[] }>`
    with renewed as (
      update schedulers set expires_at = now() + make_interval(secs => ${ttlSeconds})
      where replica = ${replica} and expires_at > now()
        and not exists (select from schedulers other where other.expires_at < now())
      returning replica
    ), alive as (
      select array_agg(replica order by replica) as names from schedulers
    )
    select l.shard, l.epoch, l.holder = r.replica as mine, a.names,
           l.holder is null or not l.holder = any(a.names) as free
    from renewed r cross join alive a cross join shard_leases l
    order by l.shard`.execute(db);
  const mine = rows.filter((row) => row.mine);
  const [first] = rows;
  if (!first || rows.some((row) => row.free) || mine.length !== fairShare(first.names, replica)) return undefined;
  return mine.map(({ shard, epoch }) => ({ shard, epoch }));
}

async function shareShards(db: Kysely<Database>, replica: string, ttlSeconds: number): Promise<HeldShard[]> {
  return await db.transaction().execute(async (tx) => {
    // One replica at a time: the shares are small sums over a table of a few rows.
    await sql`lock table schedulers in exclusive mode`.execute(tx);
    await sql`
      insert into schedulers (replica, expires_at) values (${replica}, now() + make_interval(secs => ${ttlSeconds}))
      on conflict (replica) do update set expires_at = excluded.expires_at`.execute(tx);
    await sql`delete from schedulers where expires_at < now()`.execute(tx);
    const alive = await tx.selectFrom('schedulers').select('replica').orderBy('replica').execute();
    const leases = await tx.selectFrom('shard_leases').selectAll().orderBy('shard').execute();
    const names = alive.map((row) => row.replica);
    const mine = leases.filter((lease) => lease.holder === replica);
    const free = leases.filter((lease) => lease.holder === null || !names.includes(lease.holder));
    const share = fairShare(names, replica);
    const surplus = mine.slice(share);
    if (surplus.length > 0) {
      await tx
        .updateTable('shard_leases')
        .set((eb) => ({ holder: null, epoch: eb('epoch', '+', 1) }))
        .where(
          'shard',
          'in',
          surplus.map((lease) => lease.shard),
        )
        .execute();
    }
    const wanted = free.slice(0, Math.max(0, share - mine.length));
    if (wanted.length > 0) {
      await tx
        .updateTable('shard_leases')
        .set((eb) => ({ holder: replica, epoch: eb('epoch', '+', 1) }))
        .where(
          'shard',
          'in',
          wanted.map((lease) => lease.shard),
        )
        .execute();
    }
    const held = await tx
      .selectFrom('shard_leases')
      .select(['shard', 'epoch'])
      .where('holder', '=', replica)
      .orderBy('shard')
      .execute();
    return held;
  });
}

/** Releases all shards of the replica at once: the others need not wait for the leases to run out. */
export async function releaseShards(db: Kysely<Database>, replica: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`lock table schedulers in exclusive mode`.execute(tx);
    await tx.deleteFrom('schedulers').where('replica', '=', replica).execute();
    await tx
      .updateTable('shard_leases')
      .set((eb) => ({ holder: null, epoch: eb('epoch', '+', 1) }))
      .where('holder', '=', replica)
      .execute();
  });
}

/** How many shards the replica may hold, by its place in the sorted list of names. Shares differ by one at most. */
function fairShare(names: string[], replica: string): number {
  const place = names.indexOf(replica);
  if (place < 0) return 0;
  return Math.floor(SHARD_COUNT / names.length) + (place < SHARD_COUNT % names.length ? 1 : 0);
}
