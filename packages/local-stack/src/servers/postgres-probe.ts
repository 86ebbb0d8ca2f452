import { ANSWER_DEADLINE_MS, type LivenessAnswer } from '../process/liveness.js';

/**
 * Asks `select 1` on a connection of its own, so that the postmaster is asked too. An error of the server (57P03 while
 * it recovers, 53300, 53100 …) is an answer. Never rejects.
 */
export async function probePostgres(url: string): Promise<LivenessAnswer> {
  // Loaded when the first server is watched, not when a command line starts.
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_DEADLINE_MS,
    query_timeout: ANSWER_DEADLINE_MS,
    application_name: 'everynode supervisor',
  });
  // A connection that breaks between two steps has no other listener.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return 'answered';
  } catch (error) {
    return error instanceof pg.DatabaseError ? 'answered' : 'silent';
  } finally {
    // The end of a session with a hung server is not waited for.
    client.end().catch(() => undefined);
  }
}
