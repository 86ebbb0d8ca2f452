import type pg from 'pg';

/** Sets the counter to the last revision of the batch. The row must be locked; see `lock-counter.ts`. */
export async function setCounter(client: pg.Client, revision: number): Promise<void> {
  await client.query({
    name: 'set-counter',
    text: 'update revision_counter set revision = $1',
    values: [revision],
  });
}
