import type pg from 'pg';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { RecordedWrite } from './recorded-writes.js';

const SCHEMA = 'everynode_bench_floor';
/** Objects in a commit: as many as the store takes at most. */
const BATCH = 500;

/** A column of many rows as one text, a line each; an empty line is NULL. Literals of arrays cost the client more. */
const lines = (parameter: number): string => `string_to_array($${parameter}::text, E'\\n', '')`;
const json = (parameter: number): string => `${lines(parameter)}::json[]`;

const INSERT = `
  insert into ${SCHEMA}.objects (resource, namespace, name, uid, revision, metadata, desired, observed, placement, deleting)
  select i.resource, coalesce(i.namespace, ''), i.name, i.uid, i.revision, i.metadata, i.desired, i.observed, i.placement, i.deleting
  from unnest(${lines(1)}, ${lines(2)}, ${lines(3)}, ${lines(4)}, ${lines(5)}::bigint[], ${json(6)}, ${json(7)}, ${json(8)},
              ${lines(9)}, ${lines(10)}::boolean[])
       as i(resource, namespace, name, uid, revision, metadata, desired, observed, placement, deleting)`;
const UPDATE = `
  update ${SCHEMA}.objects o
  set revision = i.revision, metadata = coalesce(i.metadata, o.metadata), desired = coalesce(i.desired, o.desired),
      observed = coalesce(i.observed, o.observed), placement = i.placement, deleting = i.deleting
  from unnest(${lines(1)}, ${lines(2)}, ${lines(3)}, ${lines(4)}::bigint[], ${json(5)}, ${json(6)}, ${json(7)}, ${lines(8)},
              ${lines(9)}::boolean[])
       as i(resource, namespace, name, revision, metadata, desired, observed, placement, deleting)
  where o.resource = i.resource and o.namespace = coalesce(i.namespace, '') and o.name = i.name`;
const DELETE = `
  delete from ${SCHEMA}.objects o using unnest(${lines(1)}, ${lines(2)}, ${lines(3)}) as i(resource, namespace, name)
  where o.resource = i.resource and o.namespace = coalesce(i.namespace, '') and o.name = i.name`;
/** From the table that the rows were just written to: nothing is sent twice. Last words of a deleted object are left out. */
const APPEND = `
  insert into ${SCHEMA}.journal (revision, type, resource, namespace, name, uid, previous, changed, metadata, desired,
                                 observed, placement, deleting)
  select i.revision, i.type, o.resource, o.namespace, o.name, o.uid, i.previous, i.changed, o.metadata, o.desired,
         o.observed, o.placement, o.deleting
  from unnest(${lines(1)}::bigint[], ${lines(2)}::smallint[], ${lines(3)}, ${lines(4)}, ${lines(5)}, ${lines(6)}::bigint[],
              ${lines(7)}::smallint[]) as i(revision, type, resource, namespace, name, previous, changed)
  join ${SCHEMA}.objects o
    on o.resource = i.resource and o.namespace = coalesce(i.namespace, '') and o.name = i.name`;

type Numbered = RecordedWrite & { revision: number };
const keyOf = ({ resource, namespace, name }: RecordedWrite): string => `${resource}/${namespace}/${name}`;
const has = (write: RecordedWrite, bit: number): boolean => (write.changed & bit) !== 0;
type Value = string | number | boolean | null;
const columns = (rows: readonly Numbered[], ...values: ((row: Numbered) => Value)[]): string[] =>
  values.map((value) => rows.map((row) => value(row) ?? '').join('\n'));

/** Batches in the order of the writes; an object is in a batch once at most, for a statement sees it once. */
export function batchesOf(writes: readonly RecordedWrite[]): Numbered[][] {
  const batches: Numbered[][] = [];
  let batch: Numbered[] = [];
  let keys = new Set<string>();
  writes.forEach((write, i) => {
    const key = keyOf(write);
    if (batch.length === BATCH || keys.has(key)) {
      batches.push(batch);
      batch = [];
      keys = new Set();
    }
    keys.add(key);
    batch.push({ ...write, revision: i + 1 });
  });
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/**
 * How long Postgres takes for these writes when nothing else is done: the same rows into tables of the same shape, with
 * what was in them, in batches, a commit each, from one connection with the settings that every other one has. In ms.
 */
export async function sqlFloor(cluster: OwnCluster, writes: readonly RecordedWrite[]): Promise<number> {
  const batches = batchesOf(writes);
  const client = await cluster.connectToDatabase();
  try {
    await prepare(client, writes);
    const began = performance.now();
    for (const batch of batches) await commit(client, batch);
    const ms = performance.now() - began;
    const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from ${SCHEMA}.journal`);
    if (rows[0]?.count !== writes.length) {
      throw new Error(`the floor has written ${rows[0]?.count} rows of ${writes.length}: it does not do the same work`);
    }
    return ms;
  } finally {
    await client.query(`drop schema if exists ${SCHEMA} cascade`);
    await client.end();
  }
}

/** Tables as they were before the first of the writes. */
async function prepare(client: pg.Client, writes: readonly RecordedWrite[]): Promise<void> {
  await client.query(`drop schema if exists ${SCHEMA} cascade`);
  await client.query(`create schema ${SCHEMA}`);
  for (const table of ['objects', 'journal', 'revision_counter']) {
    await client.query(`create table ${SCHEMA}.${table} (like public.${table} including all)`);
  }
  // LIKE leaves out storage parameters.
  await client.query(`alter table ${SCHEMA}.objects set (fillfactor = 70)`);
  await client.query(`insert into ${SCHEMA}.objects select * from public.objects`);
  await client.query(`insert into ${SCHEMA}.revision_counter select * from public.revision_counter`);
  const first = new Map<string, RecordedWrite>();
  for (const write of writes) if (!first.has(keyOf(write))) first.set(keyOf(write), write);
  const touched = [...first.values()].map((write) => ({ ...write, revision: 0 }));
  const key = [(row: Numbered) => row.resource, (row: Numbered) => row.namespace, (row: Numbered) => row.name] as const;
  await client.query(DELETE, columns(touched, ...key));
  const there = touched.filter(({ type }) => type !== 1);
  await client.query(INSERT, insertColumns(there));
  await client.query(`vacuum analyze ${SCHEMA}.objects`);
}

function insertColumns(rows: readonly Numbered[]): string[] {
  return columns(
    rows,
    (row) => row.resource,
    (row) => row.namespace,
    (row) => row.name,
    (row) => row.uid,
    (row) => row.revision,
    (row) => row.metadata,
    (row) => row.desired,
    (row) => row.observed,
    (row) => row.placement,
    (row) => row.deleting,
  );
}

async function commit(client: pg.Client, batch: readonly Numbered[]): Promise<void> {
  const [creates, updates, deletes] = [1, 2, 3].map((type) => batch.filter((row) => row.type === type)) as [
    Numbered[],
    Numbered[],
    Numbered[],
  ];
  // Sent one behind the other, without waiting for answers in between.
  const sent: Promise<unknown>[] = [client.query('begin')];
  const send = (name: string, text: string, values: unknown[]): void => {
    sent.push(client.query({ name: `floor-${name}`, text, values }));
  };
  if (creates.length > 0) send('insert', INSERT, insertColumns(creates));
  if (updates.length > 0) {
    send(
      'update',
      UPDATE,
      columns(
        updates,
        (row) => row.resource,
        (row) => row.namespace,
        (row) => row.name,
        (row) => row.revision,
        (row) => (has(row, 1) ? row.metadata : null),
        (row) => (has(row, 2) ? row.desired : null),
        (row) => (has(row, 4) ? row.observed : null),
        (row) => row.placement,
        (row) => row.deleting,
      ),
    );
  }
  send(
    'append',
    APPEND,
    columns(
      batch,
      (row) => row.revision,
      (row) => row.type,
      (row) => row.resource,
      (row) => row.namespace,
      (row) => row.name,
      (row) => row.previous,
      (row) => row.changed,
    ),
  );
  if (deletes.length > 0) {
    send(
      'delete',
      DELETE,
      columns(
        deletes,
        (row) => row.resource,
        (row) => row.namespace,
        (row) => row.name,
      ),
    );
  }
  send('counter', `update ${SCHEMA}.revision_counter set revision = $1`, [batch.at(-1)?.revision]);
  sent.push(client.query('commit'));
  await Promise.all(sent);
}
