import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.js';

/** An agent, and the nodes that it may host: names, or `prefix*`. */
export interface Enrolment {
  agent: string;
  nodeNames: string[];
  /** Of the request that it comes from. */
  revision: number;
}

/** A certificate that an agent gets, and the credential of the bus beside it. */
export interface AgentCertificate {
  agent: string;
  /** As Node.js writes it: hexadecimal, upper case. */
  serial: string;
  /** The public key of the bus; undefined where the agent asked for no credential. */
  busKey: string | undefined;
  /** Of the request for it, as it was approved. */
  revision: number;
  /** Of the request before its approval: what has ended since then is not granted by it. */
  askedAt: number;
  /** ms since the epoch. */
  notAfter: number;
}

export type RevokedCertificate = Pick<AgentCertificate, 'agent' | 'serial' | 'busKey'>;

export async function listEnrolments(db: Kysely<Database>): Promise<Enrolment[]> {
  const rows = await db.selectFrom('enrolments').select(['agent', 'node_names', 'revision']).execute();
  return rows.map(({ agent, node_names, revision }) => ({ agent, nodeNames: node_names, revision }));
}

/** The nodes that an agent may host; undefined for one that is not enrolled. */
export async function enrolmentOf(db: Kysely<Database>, agent: string): Promise<string[] | undefined> {
  const row = await db.selectFrom('enrolments').select('node_names').where('agent', '=', agent).executeTakeFirst();
  return row?.node_names;
}

/** The public keys of the bus that an agent has now: one, or two while it renews. */
export async function agentKeys(db: Kysely<Database>, agent: string): Promise<string[]> {
  const rows = await db
    .selectFrom('agent_certificates')
    .select('bus_key')
    .where('agent', '=', agent)
    .where('revoked', '=', false)
    .where('not_after', '>', sql<Date>`now()`)
    .where('bus_key', 'is not', null)
    .execute();
  return rows.map(({ bus_key }) => bus_key as string);
}

/** An agent that was revoked lately, and when, in ms since 1970 by the clock of the process that has revoked it. */
export interface RevokedAgent {
  agent: string;
  at: number;
}

/**
 * Notes that an agent is revoked, whatever it hosts. What it asks for later counts again. {@link revokeDeletedNodes}
 * then takes back what it has.
 */
export async function noteRevokedAgent(db: Kysely<Database>, { agent, at }: RevokedAgent): Promise<void> {
  await sql`
    insert into revoked_agents (agent, revision, revoked_at)
    select ${agent}, revision + 1, ${new Date(at)} from revision_counter
    on conflict (agent) do update
    set revision = excluded.revision, revoked_at = greatest(revoked_agents.revoked_at, excluded.revoked_at)
  `.execute(db);
}

/** The agents that were revoked within the life of a credential, and longer. */
export async function revokedAgents(db: Kysely<Database>): Promise<RevokedAgent[]> {
  const rows = await db.selectFrom('revoked_agents').select(['agent', 'revoked_at']).execute();
  return rows.map(({ agent, revoked_at }) => ({ agent, at: revoked_at.getTime() }));
}

/**
 * Notes a certificate before an agent gets it. `enrolment` is left out for a renewal, which changes nothing of it. The
 * enrolments of `replaced` agents end: their nodes have moved.
 * @returns false, and does nothing, when the node was deleted after the request, or has gone to another machine: the
 * agent must not get it.
 */
export async function enrolAgent(
  db: Kysely<Database>,
  { agent, serial, busKey, revision, askedAt, notAfter }: AgentCertificate,
  enrolment: { nodeNames: string[]; replaced: string[] } | undefined,
): Promise<boolean> {
  return await inTurn(db, async (tx) => {
    if (await isDeletedSince(tx, [agent, ...(enrolment?.nodeNames ?? [])], askedAt)) return false;
    if (await isRevokedSince(tx, agent, askedAt)) return false;
    if (!enrolment && (await isReplaced(tx, agent, askedAt))) return false;
    await tx.deleteFrom('agent_certificates').where('not_after', '<', sql<Date>`now()`).execute();
    await tx
      .insertInto('agent_certificates')
      .values({ serial, agent, revision, not_after: new Date(notAfter), bus_key: busKey ?? null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (!enrolment) return true;
    const { nodeNames, replaced } = enrolment;
    for (const other of replaced) await revokeAgent(tx, other, revision);
    await tx
      .insertInto('enrolments')
      .values({ agent, node_names: nodeNames, revision })
      .onConflict((conflict) => conflict.column('agent').doUpdateSet({ node_names: nodeNames, revision }))
      .execute();
    return true;
  });
}

/**
 * Takes back what was asked for before the deletion of a node by the agent of its name, and by the one that hosts this
 * node alone, and what was asked for by an agent before it was revoked. The commit that deletes a node notes it
 * (statements/note-deleted-nodes.ts), so it does not matter which process calls this, nor how often. One transaction
 * serves any number of nodes.
 */
export async function revokeDeletedNodes(db: Kysely<Database>): Promise<void> {
  await inTurn(db, async (tx) => {
    // Both parts see the enrolments as they were before.
    await sql`
      with deleted as (
        select node as agent, revision from deleted_nodes
        union all
        select e.agent, d.revision
        from enrolments e join deleted_nodes d on e.node_names = array[d.node collate "default"]
        union all
        select agent, revision from revoked_agents
      ), ended as (
        select agent, max(revision) as revision from deleted group by agent
      ), certificates as (
        update agent_certificates c set revoked = true from ended
        where c.agent = ended.agent and c.revision < ended.revision and not c.revoked
      )
      delete from enrolments e using ended where e.agent = ended.agent and e.revision < ended.revision
    `.execute(tx);
    // After what they end has ended, however long no process has called this.
    await tx
      .deleteFrom('deleted_nodes')
      .where('deleted_at', '<', sql<Date>`now() - ${REQUESTS_LIVE}::interval`)
      .execute();
    await tx
      .deleteFrom('revoked_agents')
      .where('revoked_at', '<', sql<Date>`now() - ${REQUESTS_LIVE}::interval`)
      .execute();
  });
}

/** Longer than a request for a certificate is kept. */
const REQUESTS_LIVE = '2 days';

async function isDeletedSince(tx: Transaction<Database>, nodes: string[], revision: number): Promise<boolean> {
  const found = await tx
    .selectFrom('deleted_nodes')
    .select('node')
    .where('node', 'in', nodes)
    .where('revision', '>', revision)
    .executeTakeFirst();
  return found !== undefined;
}

async function isRevokedSince(tx: Transaction<Database>, agent: string, revision: number): Promise<boolean> {
  const found = await tx
    .selectFrom('revoked_agents')
    .select('agent')
    .where('agent', '=', agent)
    .where('revision', '>', revision)
    .executeTakeFirst();
  return found !== undefined;
}

/** True for a renewal that was asked for with an identity which has ended since. */
async function isReplaced(tx: Transaction<Database>, agent: string, revision: number): Promise<boolean> {
  const row = await tx.selectFrom('enrolments').select('revision').where('agent', '=', agent).executeTakeFirst();
  if (row) return row.revision > revision;
  const revoked = await tx
    .selectFrom('agent_certificates')
    .select('serial')
    .where('agent', '=', agent)
    .where('revoked', '=', true)
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Runs one change of enrolments at a time, so that a request and a deletion each see what the other has done. */
function inTurn<T>(db: Kysely<Database>, change: (tx: Transaction<Database>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('idle_in_transaction_session_timeout', '2s', true)`.execute(tx);
    await sql`lock table enrolments in exclusive mode`.execute(tx);
    return await change(tx);
  });
}

async function revokeAgent(db: Kysely<Database>, agent: string, before: number): Promise<void> {
  await db
    .updateTable('agent_certificates')
    .set({ revoked: true })
    .where('agent', '=', agent)
    .where('revision', '<', before)
    .execute();
  await db.deleteFrom('enrolments').where('agent', '=', agent).where('revision', '<', before).execute();
}

export async function revokedCertificates(db: Kysely<Database>): Promise<RevokedCertificate[]> {
  const rows = await db
    .selectFrom('agent_certificates')
    .select(['serial', 'agent', 'bus_key'])
    .where('revoked', '=', true)
    .where('not_after', '>', sql<Date>`now()`)
    .execute();
  return rows.map(({ serial, agent, bus_key }) => ({ serial, agent, busKey: bus_key ?? undefined }));
}
