import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '@everynode/service-shell';
import pg from 'pg';
import type { Envelope } from '../encryption/envelope.js';
import { DataRefusedError, StoreUnavailableError } from '../errors.js';
import { isDiskFull, isOutage, isRefusedData, isStatementTimeout } from '../outage.js';
import type { OutageWatch } from '../outage-watch.js';
import { lockCounter } from '../statements/lock-counter.js';
import { lastBatch, writeMark } from '../statements/set-counter.js';
import { takeRoom } from '../statements/take-room.js';
import { BatchInDoubt, type DecidedBatch, writesOf } from './batch-in-doubt.js';
import { type BatchState, completeRows, lockAndRead, writeAndCommit } from './batch-transaction.js';
import { asStored, decideBatch } from './decide-batch.js';
import type { QueuedWrite } from './queued-write.js';
import { waitForCounter } from './wait-for-counter.js';
import { WriterConnection } from './writer-connection.js';

/** A wait for Postgres after which clients may have given up without this process having looked, in ms. */
const STALL_MS = 250;

interface BatchListeners {
  committed(batch: DecidedBatch): void;
  /** These writes are not committed and are to be decided again. */
  notTaken(writes: readonly QueuedWrite[]): void;
  /** One of these writes, two or more, cannot be stored, and so none was. They are to be decided again, in parts. */
  refused(writes: readonly QueuedWrite[]): void;
}

/**
 * Commits batches one after the other over one connection, and finds out what became of a batch whose COMMIT was not
 * answered.
 *
 * The counter row is locked from the first round trip to the end of a transaction. So once this writer holds the row
 * again, an earlier transaction of its own has ended, and the mark that each batch leaves says how.
 */
export class BatchWriter {
  readonly #connection: WriterConnection;
  readonly #log: Logger;
  readonly #watch: OutageWatch;
  readonly #on: BatchListeners;
  /** A nonce of this process. */
  readonly #writer = randomUUID();
  #batches = 0;
  #doubt: BatchInDoubt | undefined;
  #doubts = 0;

  readonly #envelope: Envelope;

  constructor(url: string, log: Logger, watch: OutageWatch, envelope: Envelope, listeners: BatchListeners) {
    this.#envelope = envelope;
    this.#connection = new WriterConnection(url, log);
    this.#log = log;
    this.#watch = watch;
    this.#on = listeners;
  }

  /** Batches since the start whose COMMIT was not answered. */
  get doubts(): number {
    return this.#doubts;
  }

  /** True while the outcome of a batch is unknown. */
  get isInDoubt(): boolean {
    return this.#doubt !== undefined;
  }

  /**
   * Finds out what became of the batch in doubt.
   * @throws Error when Postgres cannot be asked.
   */
  async settle(): Promise<void> {
    const doubt = this.#doubt;
    if (!doubt) return;
    const { batch } = doubt;
    const client = await this.#connection.open();
    const last = await this.#locked(client, () => {
      const begun = client.query('begin');
      return Promise.all([lockCounter(client), lastBatch(client, this.#writer), begun]).then(([, number]) => number);
    });
    await this.#connection.roundTrip(client.query('rollback'));
    const isCommitted = last === batch.mark.batch;
    this.#log.warn({ batch: batch.mark.batch, isCommitted }, 'the outcome of a commit was looked up');
    doubt.end();
    this.#doubt = undefined;
    if (isCommitted) this.#on.committed(batch);
    else this.#on.notTaken(writesOf(batch));
  }

  /**
   * Decides and commits a batch. Returns false when there was nothing to write, or when Postgres refused the data: then
   * its only write is rejected, or its writes are to be decided again in parts. A write that was certainly not taken is
   * rejected, or is to be decided again when Postgres was too slow for all of them; one whose outcome is unknown stays
   * open until {@link settle}.
   * @throws Error when Postgres did not take the batch, or did not answer.
   */
  async commit(writes: readonly QueuedWrite[]): Promise<boolean> {
    let sent: DecidedBatch | undefined;
    let unsettled = writes;
    let isCommitted = false;
    try {
      const client = await this.#connection.open();
      const begun = performance.now();
      const state = await this.#locked(client, () => lockAndRead(client, writes));
      if (state.quotas.length > 0) {
        state.rows = await this.#connection.roundTrip(completeRows(client, writes, state));
      }
      // What has come from clients meanwhile is read first: they may have hung up.
      for (let turns = 0; turns < 2 && performance.now() - begun > STALL_MS; turns += 1) await turn();
      const batch = this.#decide(writes, state);
      unsettled = writesOf(batch);
      if (batch.changes.length === 0 && batch.notes.length === 0) {
        await this.#connection.roundTrip(client.query('rollback'));
        return false;
      }
      const answer = writeAndCommit(client, asStored(batch), state.revision + batch.changes.length, batch.mark);
      sent = batch;
      const outcome = await this.#connection.roundTrip(answer);
      sent = undefined;
      if (outcome.kind === 'rolled-back') throw outcome.reason;
      isCommitted = true;
      this.#on.committed(batch);
      return true;
    } catch (error) {
      if (isRefusedData(error) && !sent && !isCommitted) {
        await this.#onRefused(unsettled, error);
        return false;
      }
      if (isOutage(error)) this.#watch.failed(error);
      if (sent) {
        this.#doubt = new BatchInDoubt(sent, error);
        this.#doubts += 1;
      }
      // Fewer of them may be quick enough.
      else if (isStatementTimeout(error) && unsettled.length > 1) this.#on.notTaken(unsettled);
      else for (const write of unsettled) write.reject(new StoreUnavailableError(false, error));
      throw error;
    }
  }

  /**
   * Asks Postgres whether it works. While writes fail it commits a transaction that changes no object; otherwise it
   * writes nothing. @throws Error when it does not.
   */
  async probe(): Promise<void> {
    const client = await this.#connection.open();
    if (!this.#watch.outage) {
      await this.#connection.roundTrip(client.query('select 1'));
      return;
    }
    const { error } = this.#watch;
    await this.#locked(client, () => Promise.all([client.query('begin'), lockCounter(client)]));
    const mark = { writer: this.#writer, batch: this.#batches };
    const room = isDiskFull(error) ? [takeRoom(client)] : [];
    await this.#connection.roundTrip(Promise.all([...room, writeMark(client, mark), client.query('commit')]));
  }

  /** Gives up the connection: whatever waits for an answer over it is rejected. */
  disconnect(): void {
    this.#connection.drop();
  }

  /** Ends the connection. Writes in doubt are rejected. */
  async close(): Promise<void> {
    this.#doubt?.giveUp();
    this.#doubt = undefined;
    await this.#connection.close();
  }

  /** Nothing of these writes is stored: Postgres has aborted their transaction, or they were not sent as a whole. */
  async #onRefused(writes: readonly QueuedWrite[], error: unknown): Promise<void> {
    const [only] = writes;
    if (only && writes.length === 1) {
      this.#log.warn({ err: error, key: only.key }, 'a write was refused: the store cannot hold what it says');
      only.reject(new DataRefusedError(error));
    } else this.#on.refused(writes);
    if (error instanceof pg.DatabaseError) {
      const client = await this.#connection.open();
      await this.#connection.roundTrip(client.query('rollback'));
    } else this.#connection.drop();
  }

  #decide(writes: readonly QueuedWrite[], state: BatchState): DecidedBatch {
    const now = { monotonic: performance.now(), wall: Date.now() };
    const { decided, left } = decideBatch(writes, state, now, this.#envelope);
    if (left.length > 0) this.#on.notTaken(left);
    this.#batches += 1;
    return { ...decided, first: state.revision + 1, mark: { writer: this.#writer, batch: this.#batches } };
  }

  /** Runs a round trip that locks the counter row, and waits for the row while others hold it. */
  #locked<T>(client: pg.Client, lock: () => Promise<T>): Promise<T> {
    return waitForCounter({ connection: this.#connection, watch: this.#watch, log: this.#log }, client, lock);
  }
}
