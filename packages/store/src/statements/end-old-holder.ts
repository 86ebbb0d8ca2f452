import type pg from 'pg';

/** How old a transaction may become while it holds the counter row, in seconds. A batch takes well under one. */
const MAX_HOLD_SECONDS = 3;

/** The transaction whose id is in the row's xmax holds the row. A session that may not be ended is left out. */
const TEXT = `
  select pg_terminate_backend(a.pid) as ended, a.pid, a.application_name as name,
         extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
  from revision_counter c
  join pg_locks l on l.locktype = 'transactionid' and l.granted and l.transactionid = c.xmax
  join pg_stat_activity a on a.pid = l.pid
  where a.pid <> pg_backend_pid() and pg_has_role(a.usesysid, 'member')
    and a.xact_start < clock_timestamp() - make_interval(secs => $1)`;

/** A session that was ended. */
interface EndedHolder {
  pid: number;
  name: string;
  /** The age of its transaction. */
  seconds: number;
}

/**
 * Ends the session that holds the counter row for too long: its process may be stopped, with a backend that waits to
 * send, which no timeout of Postgres ends. Nothing is lost, because its transaction is rolled back or was committed.
 */
export async function endOldHolder(client: pg.Client): Promise<EndedHolder[]> {
  const { rows } = await client.query<EndedHolder>({
    name: 'end-old-holder',
    text: TEXT,
    values: [MAX_HOLD_SECONDS],
  });
  return rows;
}
