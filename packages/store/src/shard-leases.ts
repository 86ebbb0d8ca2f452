import { type Kysely, sql, type Transaction } from 'kysely';
import { SHARD_COUNT } from './migrations/0002-shards.js';
import { isStatementTimeout } from './outage.js';
import type { Database } from './schema.js';

export { SHARD_COUNT };

/**
 * How long a process waits for the locks under which shards change hands, in ms. One that holds leases has renewed them
 * before, and renews them again afterwards, within any time to live.
 */
const HOLDER_PATIENCE_MS = 1500;
const JOINER_PATIENCE_MS = 3000;
const IDLE_TIMEOUT = '2s';

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
  if (renewed?.isFair) return renewed.held;
  try {
    // A process with leases goes on to renew them in time, whether or not the locks are free.
    return await shareShards(db, holder, ttlSeconds, renewed ? HOLDER_PATIENCE_MS : JOINER_PATIENCE_MS);
  } catch (error) {
    // While a writer holds the counter row no shard changes hands. What the process has is renewed all the same.
    if (renewed && isStatementTimeout(error)) return renewed.held;
    throw error;
  }
}

/** What one statement that renews a process has shown. */
interface Renewed {
  held: HeldShard[];
  /** False when another process has died, or when there are shards to acquire or to release. */
  isFair: boolean;
}

/**
 * The round in which nothing changes, which is nearly every one: records that the process is alive, in one statement
 * that waits for no writer. Returns undefined when the process was not known to be alive.
 *
 * It does not wait for the disk: when Postgres crashes, a lease may end as if it had been renewed a second earlier.
 * Then another process gets the shard with a higher epoch, and writes of this one fail.
 */
async function renewShards(db: Kysely<Database>, process: string, ttlSeconds: number): Promise<Renewed | undefined> {
  const { rows } = await sql<{
    revision: number;
    held: string | null;
    alive: number;
    place: number;
    hasDead: boolean;
    hasFree: boolean;
  }>`
    with renewed as (
      update schedulers set expires_at = now() + make_interval(secs => ${ttlSeconds})
      where replica = ${process} and expires_at > now()
      returning replica, set_config('synchronous_commit', 'off', true)
    ), others as (
      select count(*) as alive, count(*) filter (where replica < ${process}) as place,
             coalesce(bool_or(expires_at < now()), false) as "hasDead"
      from schedulers
    )
    select c.revision, o.alive, o.place, o."hasDead",
           (select json_agg(json_build_array(l.shard, l.epoch) order by l.shard)
            from shard_leases l where l.holder = r.replica) as held,
           exists (select from shard_leases l
                   where not exists (select from schedulers s where s.replica = l.holder)) as "hasFree"
    from renewed r cross join others o cross join revision_counter c`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { revision, alive, place, hasDead, hasFree } = row;
  const leases = JSON.parse(row.held ?? '[]') as [shard: number, epoch: number][];
  return {
    held: leases.map(([shard, epoch]) => ({ shard, epoch, revision })),
    isFair: !hasDead && !hasFree && leases.length === fairShare(place, alive),
  };
}

/** `patienceMs` is how long it waits for the locks. */
async function shareShards(
  db: Kysely<Database>,
  holder: ShardHolder,
  ttlSeconds: number,
  patienceMs: number,
): Promise<HeldShard[]> {
  const { process, replaces } = holder;
  return await db.transaction().execute(async (tx) => {
    // For each statement: `lock_timeout` would begin anew for each of the two locks that a row has when several wait. A
    // process that stops here must not hold the locks against all others.
    await sql`
      select set_config('statement_timeout', ${`${patienceMs}ms`}, true),
             set_config('idle_in_transaction_session_timeout', ${IDLE_TIMEOUT}, true)`.execute(tx);
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
    const share = fairShare(names.indexOf(process), names.length);
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

/** How many shards a process may hold, by its place in the sorted list of names. Shares differ by one at most. */
function fairShare(place: number, processes: number): number {
  return Math.floor(SHARD_COUNT / processes) + (place < SHARD_COUNT % processes ? 1 : 0);
}
