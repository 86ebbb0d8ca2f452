import type pg from 'pg';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { RecordedWrite } from './recorded-writes.js';

const SCHEMA = 'everynode_bench_floor';
/** Objects in a commit: as many as the store takes at most. */
const BATCH = 500;

const INSERT = `
  insert into ${SCHEMA}.objects (resource, namespace, name, uid, revision, metadata, desired, observed, placement, deleting)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::json[], $7::json[], $8::json[],
                       $9::text[], $10::boolean[])`;
const UPDATE = `
  update ${SCHEMA}.objects o
  set revision = i.revision, metadata = coalesce(i.metadata, o.metadata), desired = coalesce(i.desired, o.desired),
      observed = coalesce(i.observed, o.observed), placement = i.placement, deleting = i.deleting
  from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::json[], $6::json[], $7::json[], $8::text[],
              $9::boolean[]) as i(resource, namespace, name, revision, metadata, desired, observed, placement, deleting)
  where o.resource = i.resource and o.namespace = i.namespace and o.name = i.name`;
const DELETE = `
  delete from ${SCHEMA}.objects o using unnest($1::text[], $2::text[], $3::text[]) as i(resource, namespace, name)
  where o.resource = i.resource and o.namespace = i.namespace and o.name = i.name`;
const APPEND = `
  insert into ${SCHEMA}.journal (revision, type, resource, namespace, name, uid, previous, changed, metadata, desired,
                                 observed, placement, deleting)
  select * from unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                       $8::smallint[], $9::json[], $10::json[], $11::json[], $12::text[], $13::boolean[])`;

type Numbered = RecordedWrite & { revision: number };
const keyOf = ({ resource, namespace, name }: RecordedWrite): string => `${resource}/${namespace}/${name}`;
const has = (write: RecordedWrite, bit: number): boolean => (write.changed & bit) !== 0;
const columns = (rows: readonly Numbered[], ...values: ((row: Numbered) => unknown)[]): unknown[][] =>
  values.map((value) => rows.map(value));

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
    return performance.now() - began;
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

function insertColumns(rows: readonly Numbered[]): unknown[][] {
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
      (row) => row.uid,
      (row) => row.previous,
      (row) => row.changed,
      (row) => row.metadata,
      (row) => row.desired,
      (row) => row.observed,
      (row) => row.placement,
      (row) => row.deleting,
    ),
  );
  send('counter', `update ${SCHEMA}.revision_counter set revision = $1`, [batch.at(-1)?.revision]);
  sent.push(client.query('commit'));
  await Promise.all(sent);
}
