import type { RecordedWrite } from './recorded-writes.js';

/** The schema of the floor, in the cluster's own Postgres. */
export const FLOOR_SCHEMA = 'everynode_bench_floor';

/** A write with its revision in the floor's journal. */
export type NumberedWrite = RecordedWrite & { revision: number };

/** One prepared statement. Statements of one name have the same text. */
interface Statement {
  name: string;
  text: string;
  values: string[];
}

type Value = string | number | boolean | null;
type Column = (row: NumberedWrite) => Value;

/**
 * A column of many rows as one text, one line for each row; an empty line is NULL. Array literals cost the client more.
 */
const lines = (parameter: number): string => `string_to_array($${parameter}::text, E'\\n', '')`;
const json = (parameter: number): string => `${lines(parameter)}::json[]`;

const columns = (rows: readonly NumberedWrite[], ...values: Column[]): string[] =>
  values.map((value) => rows.map((row) => value(row) ?? '').join('\n'));
const has = (write: RecordedWrite, bit: number): boolean => (write.changed & bit) !== 0;
const KEY: readonly [Column, Column, Column] = [(row) => row.resource, (row) => row.namespace, (row) => row.name];

const INSERT = `
  insert into ${FLOOR_SCHEMA}.objects (resource, namespace, name, uid, revision, metadata, desired, observed, placement, deleting)
  select i.resource, coalesce(i.namespace, ''), i.name, i.uid, i.revision, i.metadata, i.desired, i.observed, i.placement, i.deleting
  from unnest(${lines(1)}, ${lines(2)}, ${lines(3)}, ${lines(4)}, ${lines(5)}::bigint[], ${json(6)}, ${json(7)}, ${json(8)},
              ${lines(9)}, ${lines(10)}::boolean[])
       as i(resource, namespace, name, uid, revision, metadata, desired, observed, placement, deleting)`;

export const insertObjects = (rows: readonly NumberedWrite[]): Statement => ({
  name: 'floor-insert',
  text: INSERT,
  values: columns(
    rows,
    ...KEY,
    (row) => row.uid,
    (row) => row.revision,
    (row) => row.metadata,
    (row) => row.desired,
    (row) => row.observed,
    (row) => row.placement,
    (row) => row.deleting,
  ),
});

const UPDATE = `
  update ${FLOOR_SCHEMA}.objects o
  set revision = i.revision, metadata = coalesce(i.metadata, o.metadata), desired = coalesce(i.desired, o.desired),
      observed = coalesce(i.observed, o.observed), placement = i.placement, deleting = i.deleting
  from unnest(${lines(1)}, ${lines(2)}, ${lines(3)}, ${lines(4)}::bigint[], ${json(5)}, ${json(6)}, ${json(7)}, ${lines(8)},
              ${lines(9)}::boolean[])
       as i(resource, namespace, name, revision, metadata, desired, observed, placement, deleting)
  where o.resource = i.resource and o.namespace = coalesce(i.namespace, '') and o.name = i.name`;

export const updateObjects = (rows: readonly NumberedWrite[]): Statement => ({
  name: 'floor-update',
  text: UPDATE,
  values: columns(
    rows,
    ...KEY,
    (row) => row.revision,
    (row) => (has(row, 1) ? row.metadata : null),
    (row) => (has(row, 2) ? row.desired : null),
    (row) => (has(row, 4) ? row.observed : null),
    (row) => row.placement,
    (row) => row.deleting,
  ),
});

const DELETE = `
  delete from ${FLOOR_SCHEMA}.objects o using unnest(${lines(1)}, ${lines(2)}, ${lines(3)}) as i(resource, namespace, name)
  where o.resource = i.resource and o.namespace = coalesce(i.namespace, '') and o.name = i.name`;

export const deleteObjects = (rows: readonly NumberedWrite[]): Statement => ({
  name: 'floor-delete',
  text: DELETE,
  values: columns(rows, ...KEY),
});

const APPEND = `
  insert into ${FLOOR_SCHEMA}.journal (revision, type, resource, namespace, name, uid, previous, changed, metadata, desired,
                                 observed, placement, deleting)
  select i.revision, i.type, o.resource, o.namespace, o.name, o.uid, i.previous, i.changed, o.metadata, o.desired,
         o.observed, o.placement, o.deleting
  from unnest(${lines(1)}::bigint[], ${lines(2)}::smallint[], ${lines(3)}, ${lines(4)}, ${lines(5)}, ${lines(6)}::bigint[],
              ${lines(7)}::smallint[]) as i(revision, type, resource, namespace, name, previous, changed)
  join ${FLOOR_SCHEMA}.objects o
    on o.resource = i.resource and o.namespace = coalesce(i.namespace, '') and o.name = i.name`;

/**
 * Appends to the journal from the table that the rows were just written to: nothing is sent twice. The last form of a
 * deleted object is left out.
 */
export const appendToJournal = (rows: readonly NumberedWrite[]): Statement => ({
  name: 'floor-append',
  text: APPEND,
  values: columns(
    rows,
    (row) => row.revision,
    (row) => row.type,
    ...KEY,
    (row) => row.previous,
    (row) => row.changed,
  ),
});

export const setCounter = (revision: number): Statement => ({
  name: 'floor-counter',
  text: `update ${FLOOR_SCHEMA}.revision_counter set revision = $1`,
  values: [String(revision)],
});
