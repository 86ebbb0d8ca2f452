import type { Logger } from '@everynode/service-shell';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { ANSWER_MS, answerWithin, connectionConfig } from './connection.js';

/** How long statements may go on when the pool is ended, in ms. */
const END_MS = 1000;

/** Connections for reads, each of which is replaced when it breaks or when a statement over it is not answered. */
export class ReadPool {
  readonly #pool: pg.Pool;
  readonly #inUse = new Set<BoundedClient>();
  /** True when the time for an orderly end is over. */
  #isOver = false;

  constructor(url: string, log: Logger, options: { max: number; settings?: Parameters<typeof connectionConfig>[1] }) {
    this.#pool = new pg.Pool({ ...connectionConfig(url, options.settings), max: options.max });
    // Without listeners a connection that breaks would end the process: an idle one by the first of these, one in use
    // by the second.
    this.#pool.on('error', (error) => log.warn({ err: error }, 'an idle connection to Postgres broke'));
    this.#pool.on('connect', (client) => {
      client.on('error', (error) => log.debug({ err: error }, 'a connection to Postgres broke'));
    });
  }

  /** The pool as kysely takes it. A statement without an answer within `ms` fails, and its connection ends. */
  answeringWithin(ms: number): PostgresPool {
    return {
      connect: () => this.#connect(ms),
      // All of kysely's drivers share the pool, which its owner ends.
      end: () => Promise.resolve(),
    };
  }

  async query<R extends pg.QueryResultRow>(question: pg.QueryConfig): Promise<R[]> {
    const client = await this.#connect(ANSWER_MS);
    try {
      return (await client.run<R>(question)).rows;
    } finally {
      client.release();
    }
  }

  /** Closes all connections. One that is still in use after a moment is destroyed. */
  async end(): Promise<void> {
    const late = setTimeout(() => {
      this.#isOver = true;
      for (const client of this.#inUse) client.destroy();
    }, END_MS);
    await this.#pool.end();
    clearTimeout(late);
  }

  async #connect(ms: number): Promise<BoundedClient> {
    const client = new BoundedClient(await this.#pool.connect(), ms, () => this.#inUse.delete(client));
    this.#inUse.add(client);
    // It was asked for before the end, and connected only now.
    if (this.#isOver) client.destroy();
    return client;
  }
}

class BoundedClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #ms: number;
  readonly #onReleased: () => void;
  #isReleased = false;

  constructor(client: pg.PoolClient, ms: number, onReleased: () => void) {
    this.#client = client;
    this.#ms = ms;
    this.#onReleased = onReleased;
  }

  run<R extends pg.QueryResultRow>(question: pg.QueryConfig): Promise<pg.QueryResult<R>> {
    return answerWithin(this.#ms, this.#client.query<R>(question), () => this.destroy());
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of kysely
  query(text: unknown, values?: ReadonlyArray<unknown>): any {
    if (typeof text !== 'string') throw new Error('cursors are not used here');
    return this.run({ text, values: [...(values ?? [])] });
  }

  release(): void {
    this.#release(false);
  }

  /** Ends the connection: a statement that waits for its answer is rejected. */
  destroy(): void {
    this.#release(true);
  }

  #release(isBroken: boolean): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onReleased();
    this.#client.release(isBroken);
  }
}
