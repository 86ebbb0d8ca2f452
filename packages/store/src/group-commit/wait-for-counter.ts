import type { Logger } from '@everynode/service-shell';
import type pg from 'pg';
import { isLockTimeout } from '../outage.js';
import type { OutageWatch } from '../outage-watch.js';
import { type CounterHolder, endIdleHolder } from '../statements/counter-holder.js';
import type { WriterConnection } from './writer-connection.js';

/** A batch that cannot get the counter row for so long is refused, in ms. */
const MAX_WAIT_MS = 10_000;
/** A holder that waits for its client for so long is no healthy one, in seconds. */
const LONG_IDLE_SECONDS = 1;

/** What waits for the counter row needs of its writer. */
interface CounterWaiter {
  connection: WriterConnection;
  watch: OutageWatch;
  log: Logger;
}

/**
 * Runs a round trip that locks the counter row; again and again while other writers hold the row. That is an outage
 * when they do not commit anything either.
 * @throws Error when the row was not free in all that time, and when Postgres does not answer.
 */
export async function waitForCounter<T>(waiter: CounterWaiter, client: pg.Client, lock: () => Promise<T>): Promise<T> {
  const { connection, watch, log } = waiter;
  const begun = performance.now();
  let revision: number | undefined;
  for (;;) {
    try {
      return await connection.roundTrip(lock());
    } catch (error) {
      if (!(error instanceof Error && isLockTimeout(error))) throw error;
      await connection.roundTrip(client.query('rollback'));
      const holder = await connection.roundTrip(endIdleHolder(client));
      if (holder.isEnded) log.warn({ holder }, 'ended a session that held the counter row and did nothing');
      if (holder.waitsFor === 'SyncRep') Object.assign(error, { detail: 'it waits for a synchronous standby' });
      if (performance.now() - begun > MAX_WAIT_MS) throw error;
      if (isStuck(holder, revision)) watch.failed(error);
      revision = holder.revision;
    }
  }
}

/** True when the holder is idle, or no writer has committed since the last look. */
function isStuck({ revision, idleSeconds }: CounterHolder, before: number | undefined): boolean {
  return revision === before || (idleSeconds ?? 0) > LONG_IDLE_SECONDS;
}
