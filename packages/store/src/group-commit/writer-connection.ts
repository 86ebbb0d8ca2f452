import type { Logger } from '@everynode/service-shell';
import pg from 'pg';
import { BY_KEY, connectionConfig } from '../connection.js';

/** The one connection of the writer: opened when it is needed, and replaced after it broke. */
export class WriterConnection {
  readonly #url: string;
  readonly #log: Logger;
  #client: pg.Client | undefined;

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
  }

  async open(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({ ...connectionConfig(this.#url), pipeline: true, options: BY_KEY });
    client.on('error', (error) => {
      this.#log.warn({ err: error }, 'the writer lost its connection to Postgres');
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    this.#client = client;
    return client;
  }

  /** Closes a connection that may be broken: the next batch opens another one. */
  async drop(): Promise<void> {
    await this.close().catch((error: unknown) => this.#log.debug({ err: error }, 'closing a broken connection'));
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }
}
