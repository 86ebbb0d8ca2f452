import type pg from 'pg';

/**
 * Locks the counter row until the end of the transaction, and returns the last revision that was assigned. With the row
 * locked no other writer is between reading and committing.
 */
export async function lockCounter(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ revision: number }>({
    name: 'lock-counter',
    text: 'select revision from revision_counter for update',
  });
  const [counter] = rows;
  if (!counter) throw new Error('the revision counter is missing');
  return counter.revision;
}
