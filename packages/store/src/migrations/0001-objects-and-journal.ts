import { type Kysely, sql } from 'kysely';

/**
 * Keys compare bytewise (`collate "C"`). JSON parts are stored out of line when they are large, and are never
 * compressed: they are read far more often than they are cold. A status update touches no indexed column, so with some
 * room left in each page it stays on its page and touches no index (a HOT update).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table revision_counter (
      "only" boolean primary key default true check ("only"),
      revision bigint not null,
      compacted bigint not null
    )`.execute(db);
  await sql`insert into revision_counter (revision, compacted) values (0, 0)`.execute(db);
  await sql`
    create table objects (
      resource text collate "C" not null,
      namespace text collate "C" not null,
      name text collate "C" not null,
      uid text collate "C" not null,
      revision bigint not null,
      metadata json not null,
      desired json not null,
      observed json,
      placement text collate "C",
      deleting boolean not null default false,
      sequence bigint not null default 0,
      primary key (resource, namespace, name)
    ) with (fillfactor = 70)`.execute(db);
  await sql`create unique index objects_uid on objects (uid)`.execute(db);
  await sql`create index objects_placement on objects (placement, uid) where placement is not null`.execute(db);
  await sql`
    create table journal (
      revision bigint primary key,
      type smallint not null,
      resource text collate "C" not null,
      namespace text collate "C" not null,
      name text collate "C" not null,
      uid text collate "C" not null,
      previous bigint not null,
      changed smallint not null,
      metadata json not null,
      desired json not null,
      observed json,
      placement text collate "C",
      deleting boolean not null,
      written_at timestamptz not null default now()
    )`.execute(db);
  for (const table of ['objects', 'journal']) {
    for (const column of ['metadata', 'desired', 'observed']) {
      await sql`alter table ${sql.table(table)} alter column ${sql.ref(column)} set storage external`.execute(db);
    }
  }
}
