import { ANSWER_DEADLINE_MS, type LivenessAnswer } from '../process/liveness.js';
import { answerOfError, keptQuestion } from './kept-question.js';

/**
 * Asks `select 1` on a kept connection; a new one every 10 s asks the postmaster, too. An error of the server (57P03
 * while it recovers, 53300, 53100, 28P01 …) is an answer. The question never rejects.
 */
export function postgresProbe(url: string): () => Promise<LivenessAnswer> {
  // Loaded when the first server is watched, not when a command line starts.
  const load = async () => (await import('pg')).default;
  const open = async () => {
    const pg = await load();
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: ANSWER_DEADLINE_MS,
      query_timeout: ANSWER_DEADLINE_MS,
      application_name: 'everynode supervisor',
    });
    // A connection that breaks between two questions has no other listener.
    client.on('error', () => undefined);
    const close = () => {
      // The end of a session with a hung server is not waited for.
      client.end().catch(() => undefined);
    };
    await client.connect().catch((error: unknown) => {
      close();
      throw error;
    });
    return { ask: () => client.query('select 1'), close };
  };
  return keptQuestion(open, async (error) =>
    error instanceof (await load()).DatabaseError ? 'answered' : answerOfError(error),
  );
}
