import type pg from 'pg';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { RecordedWrite } from './recorded-writes.js';
import {
  appendToJournal,
  deleteObjects,
  FLOOR_SCHEMA,
  insertObjects,
  type NumberedWrite,
  setCounter,
  updateObjects,
} from './sql-statements.js';
import { batchesOf, keyOf } from './write-batches.js';

/**
 * Measures how long Postgres takes for these writes when nothing else is done, in ms: the same rows, into tables of the
 * same shape and with the same content, in batches of one commit each, over one connection with the usual settings.
 */
export async function sqlFloor(cluster: OwnCluster, writes: readonly RecordedWrite[]): Promise<number> {
  const batches = batchesOf(writes);
  const client = await cluster.connectToDatabase();
  try {
    await prepare(client, writes);
    const began = performance.now();
    for (const batch of batches) await commit(client, batch);
    const ms = performance.now() - began;
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from ${FLOOR_SCHEMA}.journal`,
    );
    if (rows[0]?.count !== writes.length) {
      throw new Error(`the floor has written ${rows[0]?.count} rows of ${writes.length}: it does not do the same work`);
    }
    return ms;
  } finally {
    await client.query(`drop schema if exists ${FLOOR_SCHEMA} cascade`);
    await client.end();
  }
}

/** Creates the tables as they were before the first of the writes. */
async function prepare(client: pg.Client, writes: readonly RecordedWrite[]): Promise<void> {
  await client.query(`drop schema if exists ${FLOOR_SCHEMA} cascade`);
  await client.query(`create schema ${FLOOR_SCHEMA}`);
  for (const table of ['objects', 'journal', 'revision_counter']) {
    await client.query(`create table ${FLOOR_SCHEMA}.${table} (like public.${table} including all)`);
  }
  // LIKE leaves out storage parameters.
  await client.query(`alter table ${FLOOR_SCHEMA}.objects set (fillfactor = 70)`);
  await client.query(`insert into ${FLOOR_SCHEMA}.objects select * from public.objects`);
  await client.query(`insert into ${FLOOR_SCHEMA}.revision_counter select * from public.revision_counter`);
  const first = new Map<string, RecordedWrite>();
  for (const write of writes) if (!first.has(keyOf(write))) first.set(keyOf(write), write);
  const touched = [...first.values()].map((write) => ({ ...write, revision: 0 }));
  const removal = deleteObjects(touched);
  const insertion = insertObjects(touched.filter(({ type }) => type !== 1));
  // Without their names: the server prepares the named statements when they are timed.
  await client.query(removal.text, removal.values);
  await client.query(insertion.text, insertion.values);
  await client.query(`vacuum analyze ${FLOOR_SCHEMA}.objects`);
}

async function commit(client: pg.Client, batch: readonly NumberedWrite[]): Promise<void> {
  const ofType = (type: number): NumberedWrite[] => batch.filter((row) => row.type === type);
  const [creates, updates, deletes] = [ofType(1), ofType(2), ofType(3)];
  // Sent one behind the other, without waiting for answers in between.
  const sent: Promise<unknown>[] = [client.query('begin')];
  if (creates.length > 0) sent.push(client.query(insertObjects(creates)));
  if (updates.length > 0) sent.push(client.query(updateObjects(updates)));
  sent.push(client.query(appendToJournal(batch)));
  if (deletes.length > 0) sent.push(client.query(deleteObjects(deletes)));
  sent.push(client.query(setCounter(batch.at(-1)?.revision ?? 0)), client.query('commit'));
  await Promise.all(sent);
}
