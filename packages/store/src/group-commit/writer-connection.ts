import type { Logger } from '@everynode/service-shell';
import type pg from 'pg';
import { ANSWER_MS, answerWithin, BY_KEY, connectionConfig, type SocketClient, socketClient } from '../connection.js';

/**
 * A writer waits for one holder of the counter row so long, in ms, and then looks who it is. Above what a large batch
 * takes, and so short that a second look at an idle holder comes before 5 s.
 */
const LOCK_MS = 2000;
/**
 * How long a statement may take, in ms. Waits for one holder after the other add up. Below {@link ANSWER_MS}, so that
 * Postgres answers a slow batch before the connection is given up.
 */
const STATEMENT_MS = 3000;
/** How long an orderly end of the connection may take, in ms. */
const CLOSE_MS = 500;

const SETTINGS = { ...BY_KEY, lock_timeout: LOCK_MS, statement_timeout: STATEMENT_MS };

/** The one connection of the writer: opened when it is needed, and replaced after it broke. */
export class WriterConnection {
  readonly #config: pg.ClientConfig;
  readonly #log: Logger;
  #open: SocketClient | undefined;
  #opening: SocketClient | undefined;

  constructor(url: string, log: Logger) {
    this.#config = { ...connectionConfig(url, SETTINGS), pipeline: true };
    this.#log = log;
  }

  async open(): Promise<pg.Client> {
    if (this.#open) return this.#open.client;
    const opened = socketClient(this.#config);
    opened.client.on('error', (error) => {
      this.#log.warn({ err: error }, 'the writer lost its connection to Postgres');
      if (this.#open === opened) this.#open = undefined;
    });
    this.#opening = opened;
    try {
      await opened.client.connect();
    } finally {
      this.#opening = undefined;
    }
    this.#open = opened;
    return opened.client;
  }

  /** The answer to one round trip. A connection that stays silent for too long is destroyed. @throws Error. */
  roundTrip<T>(answer: Promise<T>): Promise<T> {
    return answerWithin(ANSWER_MS, answer, () => this.drop());
  }

  /** Destroys the connection, whatever waits for an answer over it: the next batch opens another one. */
  drop(): void {
    this.#opening?.destroy();
    this.#open?.destroy();
    this.#open = undefined;
  }

  async close(): Promise<void> {
    const closing = this.#open;
    this.#open = undefined;
    if (closing) await answerWithin(CLOSE_MS, closing.client.end(), closing.destroy).catch(() => undefined);
  }
}
