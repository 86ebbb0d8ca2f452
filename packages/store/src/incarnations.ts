import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/**
 * Hands an incarnation to a new process of the agent: greater than any that an agent ever had, so reports are in order
 * over restarts, and also where a node goes to another agent. Seconds since 1970 at least, by the clock of Postgres: a
 * database that is restored from a copy does not hand out a number twice. A process that asks again gets the same
 * number, as long as no other one of its agent has asked.
 */
export async function takeIncarnation(db: Kysely<Database>, agent: string, process: string): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await sql`select set_config('idle_in_transaction_session_timeout', '2s', true)`.execute(tx);
    await sql`lock table agents in exclusive mode`.execute(tx);
    const { rows } = await sql<{ incarnation: number }>`
      insert into agents (agent, process, incarnation)
      select ${agent}, ${process}, greatest(coalesce(max(incarnation), 0) + 1, extract(epoch from clock_timestamp())::bigint)
      from agents
      on conflict (agent) do update set
        process = excluded.process,
        incarnation = case agents.process when excluded.process then agents.incarnation else excluded.incarnation end
      returning incarnation`.execute(tx);
    const [row] = rows;
    if (!row) throw new Error(`no incarnation was returned for agent ${agent}`);
    return row.incarnation;
  });
}

/** Every agent that ever had a process. */
export async function listAgents(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('agents').select('agent').where('agent', '<>', '').execute();
  return rows.map(({ agent }) => agent);
}

/** The incarnation that was handed out last to a process of the agent; 0 when there was none. */
export async function latestIncarnation(db: Kysely<Database>, agent: string): Promise<number> {
  const row = await db.selectFrom('agents').select('incarnation').where('agent', '=', agent).executeTakeFirst();
  return row?.incarnation ?? 0;
}
