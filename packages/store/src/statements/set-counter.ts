import type pg from 'pg';

/** A batch as Postgres remembers it: the nonce of the writer, and the writer's own number of the batch. */
export interface BatchMark {
  readonly writer: string;
  readonly batch: number;
}

const MARK = `
  insert into writers (writer, batch) values ($1, $2)
  on conflict (writer) do update set batch = excluded.batch, written_at = now()`;

/**
 * Sets the last revision that was assigned, and marks the batch as the last one of its writer. The counter's row must
 * be locked; see `lock-counter.ts`. One statement does both, because each statement of a batch costs a message.
 */
export function setCounter(client: pg.Client, revision: number, { writer, batch }: BatchMark): Promise<unknown> {
  return client.query({
    name: 'set-counter',
    text: `with mark as (${MARK}) update revision_counter set revision = $3`,
    values: [writer, batch, revision],
  });
}

/** Writes the mark and nothing else: with it a probe finds out whether a transaction can be committed. */
export function writeMark(client: pg.Client, { writer, batch }: BatchMark): Promise<unknown> {
  return client.query({ name: 'write-mark', text: MARK, values: [writer, batch] });
}

/** Returns the number of the last batch that the writer has committed; undefined when there is none. */
export async function lastBatch(client: pg.Client, writer: string): Promise<number | undefined> {
  const { rows } = await client.query<{ batch: number }>({
    name: 'last-batch',
    text: 'select batch from writers where writer = $1',
    values: [writer],
  });
  return rows[0]?.batch;
}
