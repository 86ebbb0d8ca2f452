import type pg from 'pg';

/** How long a holder of the counter row may wait for its client, in seconds. A batch waits well under one. */
const MAX_IDLE_SECONDS = 3;

/**
 * The transaction whose id is in the row's xmax holds the row. Only a session that waits for its client is ended: one
 * that works will end by itself, and a COMMIT that waits for a standby would be taken for done when it is interrupted.
 * A session that may not be ended is left as it is.
 */
const TEXT = `
  select c.revision, a.pid, a.application_name as name, a.wait_event as "waitsFor",
         case when a.wait_event_type = 'Client' then extract(epoch from clock_timestamp() - a.state_change)::float8 end
           as "idleSeconds",
         case when a.wait_event_type = 'Client' and a.state_change < clock_timestamp() - make_interval(secs => $1)
           and pg_has_role(a.usesysid, 'member') then pg_terminate_backend(a.pid) else false end as "isEnded"
  from revision_counter c
  left join pg_locks l on l.locktype = 'transactionid' and l.granted and l.transactionid = c.xmax
  left join pg_stat_activity a on a.pid = l.pid and a.pid <> pg_backend_pid()`;

/** The session that holds the counter row. All but `revision` and `isEnded` are null when none does. */
export interface CounterHolder {
  /** The last revision that is committed: it moves while writers take turns. */
  revision: number;
  pid: number | null;
  name: string | null;
  /** The wait event of Postgres. */
  waitsFor: string | null;
  /** How long it has waited for its client; null when it waits for something else, or works. */
  idleSeconds: number | null;
  isEnded: boolean;
}

/**
 * Looks who holds the counter row, and ends a session that has waited for its client for too long: its process
 * may be stopped, with a backend that waits to send, which no timeout of Postgres ends. Its transaction is rolled back.
 */
export async function endIdleHolder(client: pg.Client): Promise<CounterHolder> {
  const { rows } = await client.query<CounterHolder>({
    name: 'end-idle-holder',
    text: TEXT,
    values: [MAX_IDLE_SECONDS],
  });
  const [holder] = rows;
  if (!holder) throw new Error('the revision counter is missing');
  return holder;
}
