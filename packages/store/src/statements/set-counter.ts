import type pg from 'pg';

/** Sets the counter to the last revision of the batch. The row must be locked; see `lock-counter.ts`. */
export function setCounter(client: pg.Client, revision: number): Promise<unknown> {
  return client.query({
    name: 'set-counter',
    text: 'update revision_counter set revision = $1',
    values: [revision],
  });
}
