import { Socket } from 'node:net';
import pg from 'pg';

const parsers = new pg.TypeOverrides();
/** bigint: revisions and sequences stay far below 2^53. */
parsers.setTypeParser(20, Number);
/** json: parts of objects stay text; no reader here needs them parsed. */
parsers.setTypeParser(114, (text: string) => text);

/** How long Postgres may take to accept a session, in ms. */
const CONNECT_MS = 4000;
/** How long Postgres may take to answer one round trip, in ms. A connection that is silent for longer is destroyed. */
export const ANSWER_MS = 4000;

/** Settings of a session, by their names in Postgres. */
type SessionSettings = Readonly<Record<string, string | number>>;

/**
 * Settings of a session whose statements find rows by key. Postgres plans them once, when the tables are still empty. A
 * plan that reads an empty table whole would be kept while the table grows.
 */
export const BY_KEY: SessionSettings = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/**
 * How Postgres finds out that a client is gone or stopped, times in ms. It then ends the session, and with it the
 * session's locks. The settings of TCP have no effect on Unix sockets, whose ends the kernel reports at once.
 */
const NOTICES_LOST_CLIENTS: SessionSettings = {
  tcp_user_timeout: 4000,
  // These two are in seconds.
  tcp_keepalives_idle: 2,
  tcp_keepalives_interval: 1,
  tcp_keepalives_count: 2,
  idle_in_transaction_session_timeout: 3000,
};

/** How every connection to Postgres is made. `settings` are for its session alone. */
export function connectionConfig(url: string, settings: SessionSettings = {}): pg.ClientConfig {
  const all = Object.entries({ ...NOTICES_LOST_CLIENTS, ...settings });
  return {
    connectionString: url,
    types: parsers,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'everynode',
    options: all.map(([name, value]) => `-c ${name}=${value}`).join(' '),
  };
}

/** A client with the socket below it. `pg` has no way to give up a connection whose other end is silent. */
export interface SocketClient {
  client: pg.Client;
  /** Ends the connection at once: whatever waits for an answer over it is rejected. */
  destroy(): void;
}

export function socketClient(config: pg.ClientConfig): SocketClient {
  const socket = new Socket();
  return { client: new pg.Client({ ...config, stream: () => socket }), destroy: () => socket.destroy() };
}

/**
 * The answer to one round trip. After `ms` without it `giveUp` is called, which must end the connection.
 * @throws Error with the code ETIMEDOUT when the answer did not come in time, and what `answer` rejects with.
 */
export function answerWithin<T>(ms: number, answer: Promise<T>, giveUp: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(Object.assign(new Error(`Postgres has not answered for ${ms} ms`), { code: 'ETIMEDOUT' }));
      giveUp();
    }, ms);
    answer.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
