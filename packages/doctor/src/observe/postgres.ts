import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresObservation } from '../observations.js';
import { freeBytesOf } from './free-space.js';

const DEADLINE_MS = 3000;
/** Between two looks at what should move, in ms. */
export const SECOND_LOOK_MS = 1000;

/** The transaction whose id is in the row's xmax holds the counter row, on which every write waits. */
const HOLDER = `
  select a.pid, a.application_name as application, a.state,
         extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
         (select count(*)::int from pg_stat_activity w where a.pid = any(pg_blocking_pids(w.pid))) as blocked
  from revision_counter c
  join pg_locks l on l.locktype = 'transactionid' and l.granted and l.transactionid = c.xmax
  join pg_stat_activity a on a.pid = l.pid
  where a.pid <> pg_backend_pid() and a.xact_start < clock_timestamp() - interval '1 second'`;

const CONNECTIONS = `
  select count(*)::int as connections, current_setting('max_connections')::int as max from pg_stat_activity
  where backend_type = 'client backend'`;

/**
 * Two processes of one replica name that both renew their leases: a lease of 3 s is renewed every second, and a dead
 * process has less than two left by the time that its successor has one.
 */
const TWINS = `
  select split_part(replica, '/', 1) as name from schedulers where expires_at > now() + interval '2 seconds'
  group by 1 having count(*) > 1`;

/** Asks Postgres with a client of its own, since the services' may be what does not work. */
export async function observePostgres(url: string, dataDirectory: string | undefined): Promise<PostgresObservation> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: DEADLINE_MS,
    query_timeout: DEADLINE_MS,
    application_name: 'everynode doctor',
  });
  client.on('error', () => undefined);
  const began = performance.now();
  try {
    await client.connect();
    await client.query('select 1');
    const tookMs = performance.now() - began;
    const revisionOf = async () => {
      const { rows } = await client.query<{ revision: string }>('select revision from revision_counter');
      return Number(rows[0]?.revision ?? 0);
    };
    const before = await revisionOf();
    const counts = await client.query<{ connections: number; max: number }>(CONNECTIONS);
    await delay(SECOND_LOOK_MS);
    const holders = await client.query(HOLDER);
    const twins = await client.query<{ name: string }>(TWINS);
    const { connections = 0, max = 0 } = counts.rows[0] ?? {};
    return {
      kind: 'answers',
      tookMs: Math.round(tookMs),
      connections,
      maxConnections: max,
      holder: holders.rows[0] ?? null,
      revisions: [before, await revisionOf()],
      twins: twins.rows.map(({ name }) => name),
      freeBytes: await freeBytesOf(dataDirectory),
    };
  } catch (error) {
    return troubleOf(error);
  } finally {
    client.end().catch(() => undefined);
  }
}

function troubleOf(error: unknown): PostgresObservation {
  const { code, message } = error as { code?: string; message: string };
  if (error instanceof pg.DatabaseError) return { kind: 'refuses', code: code ?? '', message };
  if (code !== undefined) return { kind: 'unreachable', message: code };
  return { kind: 'silent', message };
}
