import { type Kysely, sql } from 'kysely';

/**
 * The key of the bus that an agent gets a credential for with its certificate, and the nodes that were deleted lately:
 * a request from before a deletion gets nothing, also when it is answered afterwards.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table agent_certificates add column bus_key text`.execute(db);
  await sql`
    create table deleted_nodes (
      node text collate "C" primary key,
      revision bigint not null,
      deleted_at timestamptz not null default now()
    )`.execute(db);
}
