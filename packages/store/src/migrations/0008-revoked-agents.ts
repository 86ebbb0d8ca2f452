import { type Kysely, sql } from 'kysely';

/** Agents that an administrator has revoked lately: a request from before gets nothing. Their nodes stay. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table revoked_agents (
      agent text collate "C" primary key,
      revision bigint not null,
      revoked_at timestamptz not null default now()
    )`.execute(db);
}
