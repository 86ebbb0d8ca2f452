import type pg from 'pg';

/** Bytes of the trial: more than what is free in the pages of small tables. */
const BYTES = 1_000_000;

/** Takes room on the disk until the end of the transaction. A mark fits into an old page while nothing else does. */
export function takeRoom(client: pg.Client): Promise<unknown> {
  return client.query(
    `create temporary table everynode_room on commit drop as
     select repeat('x', 1000) as filler from generate_series(1, ${BYTES / 1000})`,
  );
}
