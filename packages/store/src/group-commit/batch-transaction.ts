import type pg from 'pg';
import { appendJournal } from '../statements/append-journal.js';
import { type Change, isCreation, isDeletion, isUpdate } from '../statements/changes.js';
import { deleteObjects } from '../statements/delete-objects.js';
import { insertObjects } from '../statements/insert-objects.js';
import { lockCounter } from '../statements/lock-counter.js';
import { notifyJournal } from '../statements/notify-journal.js';
import { type ReadRow, selectCurrent } from '../statements/select-current.js';
import { selectEpochs } from '../statements/select-epochs.js';
import { setCounter } from '../statements/set-counter.js';
import { updateObjects } from '../statements/update-objects.js';
import type { QueuedWrite } from './queued-write.js';

/** What a transaction has read under the lock. */
export interface BatchState {
  /** The last revision that was assigned. */
  revision: number;
  /** The stored objects in the order of the batch. */
  rows: (ReadRow | undefined)[];
  /** The present epochs of the shards that the batch's fences name. */
  epochs: Map<number, number>;
}

/** The first round trip: begins the transaction, takes the lock and reads what the decisions need. */
export async function lockAndRead(client: pg.Client, batch: readonly QueuedWrite[]): Promise<BatchState> {
  const shards = [...new Set(batch.flatMap(({ fence }) => (fence ? [fence.shard] : [])))];
  const [, revision, rows, epochs] = await Promise.all([
    client.query('begin'),
    lockCounter(client),
    selectCurrent(client, batch),
    selectEpochs(client, shards),
  ]);
  return { revision, rows, epochs };
}

/**
 * The second round trip: writes the changes, which end at `revision`, and commits.
 *
 * The statements are plain functions and not async ones: parameters that cannot be built (a text over V8's limit) throw
 * here, before COMMIT is sent. An async function would turn that into a rejection, and COMMIT would follow it.
 */
export async function writeAndCommit(client: pg.Client, changes: readonly Change[], revision: number): Promise<void> {
  const creations = changes.filter(isCreation);
  const updates = changes.filter(isUpdate);
  const deletions = changes.filter(isDeletion);
  const statements: Promise<unknown>[] = [];
  if (creations.length > 0) statements.push(insertObjects(client, creations));
  if (updates.length > 0) statements.push(updateObjects(client, updates));
  statements.push(appendJournal(client, changes));
  if (deletions.length > 0) statements.push(deleteObjects(client, deletions));
  statements.push(setCounter(client, revision), notifyJournal(client, revision));
  const commit = client.query('commit');
  // After a failed statement Postgres answers COMMIT with a rollback, and the failed statement rejects here.
  await Promise.all([...statements, commit]);
}
