import type pg from 'pg';

/** One row of the journal: one write, complete. */
export interface RecordedWrite {
  /** 1 created, 2 updated, 3 deleted. */
  type: number;
  resource: string;
  namespace: string;
  name: string;
  uid: string;
  previous: string;
  /** Bits: 1 metadata, 2 desired, 4 observed. */
  changed: number;
  metadata: string;
  desired: string;
  observed: string | null;
  placement: string | null;
  deleting: boolean;
}

export async function currentRevision(database: pg.Pool): Promise<string> {
  const { rows } = await database.query<{ revision: string }>('select revision::text from revision_counter');
  const [row] = rows;
  if (!row) throw new Error('there is no revision counter');
  return row.revision;
}

/** All writes after one revision up to another, in their order. */
export async function writesBetween(database: pg.Pool, after: string, upTo: string): Promise<RecordedWrite[]> {
  const { rows } = await database.query<RecordedWrite>(
    `select type, resource, namespace, name, uid, previous::text, changed, metadata::text, desired::text, observed::text,
            placement, deleting
     from journal where revision > $1::bigint and revision <= $2::bigint order by revision`,
    [after, upTo],
  );
  return rows;
}
