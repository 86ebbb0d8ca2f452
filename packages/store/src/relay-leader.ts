import { backoffMs, type Logger, pause } from '@everynode/service-shell';
import type pg from 'pg';
import { ANSWER_MS, answerWithin, connectionConfig, socketClient } from './connection.js';
import { listenToJournal } from './statements/notify-journal.js';

/** The key of the advisory lock that makes one relay the active one: any constant that no other lock uses. */
const RELAY_LOCK = 7_310_204_518;

/** How often the holder of the lock asks Postgres for the newest revision, and so shows it that it is there, in ms. */
const ASK_MS = 1000;
/** Postgres ends the session of a holder that is silent for so long, and with it the lock. From PostgreSQL 14. */
const END_IDLE_SESSIONS = `
  select set_config(name, '5s', false) from pg_settings where name = 'idle_session_timeout'`;

/** How long a relay waits for more before it looks after other things, in ms. */
const WAIT_MS = 1000;

/** How long a relay that has given up the lock leaves it to others, in ms. */
const RESIGNED_MS = 2000;

/**
 * Holds the relay's lock and listens for new revisions, on one connection: a process that loses the connection loses
 * the lock, and another one acquires it. `onLeading` runs while the lock is held; its signal aborts when the lock is
 * lost. When it returns before that, the lock is given up and left to others for two seconds. Resolves when `signal`
 * aborts.
 */
export async function leadRelay(
  url: string,
  log: Logger,
  signal: AbortSignal,
  onLeading: (lead: RelayLead) => Promise<void>,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const { client, destroy } = socketClient(connectionConfig(url));
    const ask = <R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> =>
      answerWithin(ANSWER_MS, client.query<R>(text, values), destroy).then(({ rows }) => rows);
    const lost = new AbortController();
    const onStop = (): void => lost.abort();
    let hasResigned = false;
    try {
      client.on('error', (error) => {
        log.warn({ err: error }, 'the relay lost its connection to Postgres');
        lost.abort();
      });
      client.on('end', () => lost.abort());
      await client.connect();
      await ask(END_IDLE_SESSIONS);
      if (!(await waitForLock(ask, signal, lost.signal))) continue;
      failures = 0;
      signal.addEventListener('abort', onStop, { once: true });
      const wake = new Wake();
      await answerWithin(
        ANSWER_MS,
        listenToJournal(client, (revision) => wake.notify(revision)),
        destroy,
      );
      // The connection, or the service, may have ended since the lock was taken.
      if (lost.signal.aborted || signal.aborted) continue;
      void askRepeatedly(ask, lost, wake);
      await onLeading({
        signal: lost.signal,
        get latest() {
          return wake.latest;
        },
        waitForMore: (position) => wake.wait(position, WAIT_MS, lost.signal),
      });
      hasResigned = !lost.signal.aborted;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.warn({ err: error, failures }, 'the relay cannot work');
      await pause(backoffMs(failures), signal);
    } finally {
      signal.removeEventListener('abort', onStop);
      lost.abort();
      destroy();
    }
    if (hasResigned) await pause(RESIGNED_MS, signal);
  }
}

type Ask = <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>;

/** Asks for the newest revision while the lock is held. A connection without an answer has lost the lock. */
async function askRepeatedly(ask: Ask, lost: AbortController, wake: Wake): Promise<void> {
  while (!lost.signal.aborted) {
    await pause(ASK_MS, lost.signal);
    if (lost.signal.aborted) return;
    try {
      const [row] = await ask<{ revision: number }>('select revision from revision_counter');
      wake.notify(row?.revision ?? 0);
    } catch {
      lost.abort();
    }
  }
}

/** What the active relay works with. */
export interface RelayLead {
  /** Aborts when the lock is lost or the service stops. */
  signal: AbortSignal;
  /** The last revision that Postgres has notified, or has answered within the last second; 0 before the first. */
  readonly latest: number;
  /** Resolves when the journal reaches beyond `position`, or after a while. */
  waitForMore(position: number): Promise<void>;
}

async function waitForLock(ask: Ask, signal: AbortSignal, lost: AbortSignal): Promise<boolean> {
  while (!signal.aborted && !lost.aborted) {
    const [row] = await ask<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [RELAY_LOCK]);
    if (row?.held) return true;
    // Polling instead of waiting in Postgres, so that a stop is never held up. Failover takes a second at most.
    await pause(500, AbortSignal.any([signal, lost]));
  }
  return false;
}

/** The newest revision that was notified, and the caller that may wait for a newer one. */
class Wake {
  #latest = 0;
  #answered = -1;
  #waiter: { position: number; resolve: () => void } | undefined;

  get latest(): number {
    return this.#latest;
  }

  notify(revision: number): void {
    this.#latest = Math.max(this.#latest, revision);
    if (this.#waiter && this.#latest > this.#waiter.position) this.#waiter.resolve();
  }

  async wait(position: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (this.#latest > position && this.#answered !== position) {
      this.#answered = position;
      return;
    }
    // A caller that asks a second time has read the journal and found nothing: it waits for a newer notification.
    const beyond = Math.max(position, this.#latest);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiter = undefined;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done, { once: true });
      this.#waiter = { position: beyond, resolve: done };
    });
  }
}
