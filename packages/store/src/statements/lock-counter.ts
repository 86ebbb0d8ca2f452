import type pg from 'pg';
import { asLockTimeout } from '../outage.js';

/**
 * Locks the counter row until the end of the transaction, and returns the last revision that was assigned. With the row
 * locked no other writer is between reading and committing.
 * @throws Error that is a lock timeout when the row was not free in time.
 */
export async function lockCounter(client: pg.Client): Promise<number> {
  const question = { name: 'lock-counter', text: 'select revision from revision_counter for update' };
  let counter: { revision: number } | undefined;
  try {
    ({
      rows: [counter],
    } = await client.query<{ revision: number }>(question));
  } catch (error) {
    throw asLockTimeout(error);
  }
  if (!counter) throw new Error('the revision counter is missing');
  return counter.revision;
}
