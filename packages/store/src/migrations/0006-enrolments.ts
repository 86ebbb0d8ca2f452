import { type Kysely, sql } from 'kysely';

/**
 * Which agent may host which nodes, and the certificates that agents hold. An enrolment and a certificate note the
 * revision of the request that they come from: the deletion of a node takes back what was asked for before it, in
 * whatever order the two are told of.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table enrolments (
      agent text collate "C" primary key,
      node_names text[] not null,
      revision bigint not null
    )`.execute(db);
  await sql`
    create table agent_certificates (
      serial text collate "C" primary key,
      agent text collate "C" not null,
      revision bigint not null,
      not_after timestamptz not null,
      revoked boolean not null default false
    )`.execute(db);
  await sql`create index agent_certificates_agent on agent_certificates (agent)`.execute(db);
}
