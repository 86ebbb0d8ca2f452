import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/** An agent, and the nodes that it may host: names, or `prefix*`. */
export interface Enrolment {
  agent: string;
  nodeNames: string[];
}

/** A certificate that an agent gets. */
export interface AgentCertificate {
  agent: string;
  /** As Node.js writes it: hexadecimal, upper case. */
  serial: string;
  /** Of the request for it. */
  revision: number;
  /** ms since the epoch. */
  notAfter: number;
}

export async function listEnrolments(db: Kysely<Database>): Promise<Enrolment[]> {
  const rows = await db.selectFrom('enrolments').select(['agent', 'node_names']).execute();
  return rows.map(({ agent, node_names }) => ({ agent, nodeNames: node_names }));
}

/**
 * Notes a certificate before an agent gets it. `enrolment` is left out for a renewal, which changes nothing of it. The
 * enrolments of `replaced` agents end: their nodes have moved.
 */
export async function enrolAgent(
  db: Kysely<Database>,
  certificate: AgentCertificate,
  enrolment: { nodeNames: string[]; replaced: string[] } | undefined,
): Promise<void> {
  const { agent, serial, revision, notAfter } = certificate;
  await db.transaction().execute(async (tx) => {
    await sql`select set_config('idle_in_transaction_session_timeout', '2s', true)`.execute(tx);
    await tx.deleteFrom('agent_certificates').where('not_after', '<', sql<Date>`now()`).execute();
    await tx
      .insertInto('agent_certificates')
      .values({ serial, agent, revision, not_after: new Date(notAfter) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (!enrolment) return;
    const { nodeNames, replaced } = enrolment;
    for (const other of replaced) await revokeAgent(tx, other, revision);
    await tx
      .insertInto('enrolments')
      .values({ agent, node_names: nodeNames, revision })
      .onConflict((conflict) => conflict.column('agent').doUpdateSet({ node_names: nodeNames, revision }))
      .execute();
  });
}

/** Takes back what an agent asked for before a revision. */
export async function revokeAgent(db: Kysely<Database>, agent: string, before: number): Promise<void> {
  await db
    .updateTable('agent_certificates')
    .set({ revoked: true })
    .where('agent', '=', agent)
    .where('revision', '<', before)
    .execute();
  await db.deleteFrom('enrolments').where('agent', '=', agent).where('revision', '<', before).execute();
}

/** The serial numbers of certificates that are revoked and have not ended. */
export async function revokedSerials(db: Kysely<Database>): Promise<string[]> {
  const rows = await db
    .selectFrom('agent_certificates')
    .select('serial')
    .where('revoked', '=', true)
    .where('not_after', '>', sql<Date>`now()`)
    .execute();
  return rows.map(({ serial }) => serial);
}
