import { type Kysely, sql, type Transaction } from 'kysely';
import { SHARD_COUNT } from './migrations/0002-shards.js';
import type { Database } from './schema.js';

export { SHARD_COUNT };

/** Below any time to live of leases: a process that waits for the locks gets them in time. */
const LOCK_TIMEOUT = '2s';

/** A shard that a process holds, with the token its writes carry. */
export interface HeldShard {
  shard: number;
  epoch: number;
  /**
   * A revision not before the one at which the process took the shard: all that its former holders wrote is at this
   * revision or below it. The same shard and epoch may come with a later one in the next round.
   */
  revision: number;
}

/** A process that leases shards. */
export interface ShardHolder {
  /** Different for every process, `<replica>/<nonce>`: the name of a replica is not unique. */
  process: string;
  /** Set in the first round: the leases of earlier processes of this replica are over. */
  replaces?: string;
}

/**
 * One round of the shard protocol for a process: records that it is alive, and acquires or releases shards until it
 * holds its fair share. Returns the shards that it holds. Everything is decided by the clock of Postgres and in one
 * transaction, so replicas need no clocks in step.
 *
 * A process that was silent for `ttlSeconds` is dead: its shards are free. So are those of an earlier process of the
 * same replica when a new one joins; if the earlier one lives, it joins again and gets its share. A shard that changes
 * hands gets a higher epoch, which makes every write of the former holder fail. It changes hands while the counter row
 * is locked, so no write of the former holder is under way, and the counter is behind all of them.
 */
export async function leaseShards(db: Kysely<Database>, holder: ShardHolder, ttlSeconds: number): Promise<HeldShard[]> {
  const renewed = holder.replaces === undefined ? await renewShards(db, holder.process, ttlSeconds) : undefined;
  return renewed ?? (await shareShards(db, holder, ttlSeconds));
}

/**
 * The round in which nothing changes, which is nearly every one: records that the process is alive, in one statement.
 * Returns undefined when the process was not known to be alive, when another one has died, or when there are shards to
 * acquire or to release.
 */
async function renewShards(
  db: Kysely<Database>,
  process: string,
  ttlSeconds: number,
): Promise<HeldShard[] | undefined> {
  const { rows } = await sql<HeldShard & { mine: boolean; free: boolean; names: string[] }>`
    with renewed as (
      update schedulers set expires_at = now() + make_interval(secs => ${ttlSeconds})
      where replica = ${process} and expires_at > now()
        and not exists (select from schedulers other where other.expires_at < now())
      returning replica
    ), alive as (
      select array_agg(replica order by replica) as names from schedulers
    )
    select l.shard, l.epoch, c.revision, l.holder = r.replica as mine, a.names,
           l.holder is null or not l.holder = any(a.names) as free
    from renewed r cross join alive a cross join revision_counter c cross join shard_leases l
    order by l.shard`.execute(db);
  const mine = rows.filter((row) => row.mine);
  const [first] = rows;
  if (!first || rows.some((row) => row.free) || mine.length !== fairShare(first.names, process)) return undefined;
  return mine.map(({ shard, epoch, revision }) => ({ shard, epoch, revision }));
}

async function shareShards(db: Kysely<Database>, holder: ShardHolder, ttlSeconds: number): Promise<HeldShard[]> {
  const { process, replaces } = holder;
  return await db.transaction().execute(async (tx) => {
    // A process that stops here must not hold the locks against all others.
    await sql`
      select set_config('lock_timeout', ${LOCK_TIMEOUT}, true),
             set_config('idle_in_transaction_session_timeout', ${LOCK_TIMEOUT}, true)`.execute(tx);
    // First the counter row: the wait for it may be long, and renewals wait for the table. Until this transaction ends
    // nothing is committed; so all that a former holder wrote has a lower revision.
    const counter = await sql<{ revision: number }>`select revision from revision_counter for update`.execute(tx);
    const revision = counter.rows[0]?.revision ?? 0;
    // One process at a time: the shares are small sums over a table of a few rows.
    await sql`lock table schedulers in exclusive mode`.execute(tx);
    await sql`
      insert into schedulers (replica, expires_at) values (${process}, now() + make_interval(secs => ${ttlSeconds}))
      on conflict (replica) do update set expires_at = excluded.expires_at`.execute(tx);
    await sql`delete from schedulers where expires_at < now()`.execute(tx);
    if (replaces !== undefined) {
      // Without a nonce: a process of a release that had none.
      await sql`
        delete from schedulers
        where replica <> ${process} and (replica = ${replaces} or starts_with(replica, ${`${replaces}/`}))`.execute(tx);
    }
    const alive = await tx.selectFrom('schedulers').select('replica').orderBy('replica').execute();
    const leases = await tx.selectFrom('shard_leases').selectAll().orderBy('shard').execute();
    const names = alive.map((row) => row.replica);
    const mine = leases.filter((lease) => lease.holder === process);
    const free = leases.filter((lease) => lease.holder === null || !names.includes(lease.holder));
    const share = fairShare(names, process);
    await changeHolder(tx, mine.slice(share), null);
    const wanted = free.slice(0, Math.max(0, share - mine.length));
    await changeHolder(tx, wanted, process);
    const held = await tx
      .selectFrom('shard_leases')
      .select(['shard', 'epoch'])
      .where('holder', '=', process)
      .orderBy('shard')
      .execute();
    return held.map(({ shard, epoch }) => ({ shard, epoch, revision }));
  });
}

async function changeHolder(
  tx: Transaction<Database>,
  leases: readonly { shard: number }[],
  holder: string | null,
): Promise<void> {
  if (leases.length === 0) return;
  const shards = leases.map((lease) => lease.shard);
  await tx
    .updateTable('shard_leases')
    .set((eb) => ({ holder, epoch: eb('epoch', '+', 1) }))
    .where('shard', 'in', shards)
    .execute();
}

/** Releases all shards of the process at once: the others need not wait for the leases to run out. */
export async function releaseShards(db: Kysely<Database>, process: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`lock table schedulers in exclusive mode`.execute(tx);
    await tx.deleteFrom('schedulers').where('replica', '=', process).execute();
    await tx
      .updateTable('shard_leases')
      .set((eb) => ({ holder: null, epoch: eb('epoch', '+', 1) }))
      .where('holder', '=', process)
      .execute();
  });
}

/** How many shards the process may hold, by its place in the sorted list of names. Shares differ by one at most. */
function fairShare(names: string[], process: string): number {
  const place = names.indexOf(process);
  if (place < 0) return 0;
  return Math.floor(SHARD_COUNT / names.length) + (place < SHARD_COUNT % names.length ? 1 : 0);
}
