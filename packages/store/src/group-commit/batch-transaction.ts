import type pg from 'pg';
import { appendJournal } from '../statements/append-journal.js';
import { type Change, isCreation, isDeletion, isUpdate, type Note } from '../statements/changes.js';
import { deleteObjects } from '../statements/delete-objects.js';
import { insertObjects } from '../statements/insert-objects.js';
import { lockCounter } from '../statements/lock-counter.js';
import { isOfNode, noteDeletedNodes } from '../statements/note-deleted-nodes.js';
import { noteSequences } from '../statements/note-sequences.js';
import { notifyJournal } from '../statements/notify-journal.js';
import { type ReadRow, selectCurrent } from '../statements/select-current.js';
import { selectEpochs } from '../statements/select-epochs.js';
import { type QuotaRow, selectQuotas } from '../statements/select-quotas.js';
import { type BatchMark, setCounter, writeMark } from '../statements/set-counter.js';
import { updateObjects } from '../statements/update-objects.js';
import type { QueuedWrite } from './queued-write.js';
import { countedNamespaces, mayRecount } from './quota-ledger.js';

/** What a transaction has read under the lock. */
export interface BatchState {
  /** The last revision that was assigned. */
  revision: number;
  /** The stored objects in the order of the batch. */
  rows: (ReadRow | undefined)[];
  /** The present epochs of the shards that the batch's fences name. */
  epochs: Map<number, number>;
  /** The quotas of the namespaces that the batch writes in. */
  quotas: QuotaRow[];
}

/** The first round trip: begins the transaction, takes the lock and reads what the decisions need. */
export async function lockAndRead(client: pg.Client, batch: readonly QueuedWrite[]): Promise<BatchState> {
  const shards = [...new Set(batch.flatMap(({ fence }) => (fence ? [fence.shard] : [])))];
  const [, revision, rows, epochs, quotas] = await Promise.all([
    client.query('begin'),
    lockCounter(client),
    selectCurrent(client, batch),
    selectEpochs(client, shards),
    selectQuotas(client, countedNamespaces(batch)),
  ]);
  return { revision, rows, epochs, quotas };
}

/**
 * Reads the rest of the objects that quotas count by their content, which decisions may have read in part. Where no
 * namespace has a quota there is nothing to read, and this costs no round trip.
 */
export async function completeRows(
  client: pg.Client,
  batch: readonly QueuedWrite[],
  { rows, quotas }: BatchState,
): Promise<(ReadRow | undefined)[]> {
  const counted = new Set(quotas.map(({ namespace }) => namespace));
  const isPart = ({ key }: QueuedWrite, i: number): boolean =>
    mayRecount(key) && counted.has(key.namespace) && rows[i] !== undefined && rows[i]?.desired === undefined;
  const parts = [...batch.keys()].filter((i) => isPart(batch[i] as QueuedWrite, i));
  if (parts.length === 0) return rows;
  const questions = parts.map((i) => ({ key: (batch[i] as QueuedWrite).key, reads: 'all' as const }));
  const whole = await selectCurrent(client, questions);
  const completed = [...rows];
  parts.forEach((i, n) => {
    completed[i] = whole[n];
  });
  return completed;
}

/** What became of a batch: it is committed, or Postgres has rolled it back for the reason of a failed statement. */
type Outcome = { kind: 'committed' } | { kind: 'rolled-back'; reason: unknown };

/**
 * The second round trip: writes the changes, which end at `revision`, and the notes, and commits. The outcome rejects
 * when the answer to COMMIT did not come: then it is not known.
 *
 * This function and the statements are plain functions and not async ones: parameters that cannot be built (a text over
 * V8's limit) throw here, before COMMIT is sent. An async function would turn that into a rejection, and COMMIT would
 * follow it.
 */
export function writeAndCommit(
  client: pg.Client,
  { changes, notes }: { changes: readonly Change[]; notes: readonly Note[] },
  revision: number,
  mark: BatchMark,
): Promise<Outcome> {
  const creations = changes.filter(isCreation);
  const updates = changes.filter(isUpdate);
  const deletions = changes.filter(isDeletion);
  const nodes = deletions.filter(isOfNode);
  const statements: Promise<unknown>[] = [];
  try {
    if (creations.length > 0) statements.push(insertObjects(client, creations));
    if (updates.length > 0) statements.push(updateObjects(client, updates));
    if (notes.length > 0) statements.push(noteSequences(client, notes));
    if (changes.length > 0) statements.push(appendJournal(client, changes));
    if (deletions.length > 0) statements.push(deleteObjects(client, deletions));
    if (nodes.length > 0) statements.push(noteDeletedNodes(client, nodes));
    if (changes.length > 0) statements.push(setCounter(client, revision, mark), notifyJournal(client, revision));
    else statements.push(writeMark(client, mark));
  } catch (error) {
    // The connection is given up, and with it the answers to what was sent.
    void Promise.allSettled(statements);
    throw error;
  }
  return outcomeOf(client.query('commit'), statements);
}

async function outcomeOf(commit: Promise<pg.QueryResult>, statements: Promise<unknown>[]): Promise<Outcome> {
  const [answer, ...results] = await Promise.allSettled([commit, ...statements]);
  const failed = results.find((result) => result.status === 'rejected');
  if (answer.status === 'rejected') throw failed ? failed.reason : answer.reason;
  // After a failed statement Postgres answers COMMIT with a rollback.
  return answer.value.command === 'COMMIT' ? { kind: 'committed' } : { kind: 'rolled-back', reason: failed?.reason };
}
