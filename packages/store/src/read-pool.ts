import type { Logger } from '@everynode/service-shell';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { ANSWER_MS, answerWithin, connectionConfig } from './connection.js';

/** Connections for reads, each of which is replaced when it breaks or when a statement over it is not answered. */
export class ReadPool {
  readonly #pool: pg.Pool;

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
      connect: async () => new BoundedClient(await this.#pool.connect(), ms),
      // All of kysely's drivers share the pool, which its owner ends.
      end: () => Promise.resolve(),
    };
  }

  async query<R extends pg.QueryResultRow>(question: pg.QueryConfig): Promise<R[]> {
    const client = new BoundedClient(await this.#pool.connect(), ANSWER_MS);
    try {
      return (await client.run<R>(question)).rows;
    } finally {
      client.release();
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

class BoundedClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #ms: number;
  #isReleased = false;

  constructor(client: pg.PoolClient, ms: number) {
    this.#client = client;
    this.#ms = ms;
  }

  run<R extends pg.QueryResultRow>(question: pg.QueryConfig): Promise<pg.QueryResult<R>> {
    // To release a client with an error destroys its connection.
    return answerWithin(this.#ms, this.#client.query<R>(question), () => this.#release(true));
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of kysely
  query(text: unknown, values?: ReadonlyArray<unknown>): any {
    if (typeof text !== 'string') throw new Error('cursors are not used here');
    return this.run({ text, values: [...(values ?? [])] });
  }

  release(): void {
    this.#release(false);
  }

  #release(isBroken: boolean): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#client.release(isBroken);
  }
}
