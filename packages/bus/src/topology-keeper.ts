import { streams } from '@everynode/contract';
import { type Logger, pause } from '@everynode/service-shell';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { BusEvent } from './bus-mode.js';
import type { Session } from './sessions.js';
import { ensureTopology } from './topology.js';

/** JetStream is asked for its streams this often, in ms. */
const PROBE_MS = 2000;
/** How long its answer may take, in ms: a server of which JetStream hangs still answers pings. */
const PROBE_TIMEOUT_MS = 2000;

const STREAM_DELETED = '$JS.EVENT.ADVISORY.STREAM.DELETED.>';

/**
 * Declares streams and durable consumers on one session, and again whenever some are missing: at once when the server
 * says that one was deleted, and otherwise when JetStream is asked next.
 */
export class TopologyKeeper {
  readonly #session: Session;
  readonly #log: Logger;
  readonly #onEvent: (event: BusEvent) => void;
  #isDeclared = false;
  #wake = new AbortController();

  /** `onEvent` receives what each question has shown. */
  constructor(session: Session, log: Logger, onEvent: (event: BusEvent) => void) {
    this.#session = session;
    this.#log = log;
    this.#onEvent = onEvent;
  }

  /** Resolves when the session has ended. */
  async run(): Promise<void> {
    const { connection } = this.#session;
    // Neither asks the server anything by itself.
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const probe = await jetstreamManager(connection, { checkAPI: false, timeout: PROBE_TIMEOUT_MS });
    connection.subscribe(STREAM_DELETED, { callback: () => this.declareAgain() });
    const ended = connection.closed().then(() => this.#wake.abort());
    for (let failures = 0; !connection.isClosed(); ) {
      this.#wake = new AbortController();
      try {
        await this.#round(manager, probe);
        failures = 0;
      } catch (err) {
        if (connection.isClosed()) break;
        failures += 1;
        this.#onEvent('unanswered');
        this.#log.warn({ err, failures }, 'JetStream does not answer');
      }
      await pause(PROBE_MS, this.#wake.signal);
    }
    await ended;
  }

  /** Declares everything again now: something that was declared may be missing. */
  declareAgain(): void {
    this.#isDeclared = false;
    this.#wake.abort();
  }

  async #round(manager: JetStreamManager, probe: JetStreamManager): Promise<void> {
    // Asked first in any case: this answer is waited for more briefly than that to a declaration.
    const missing = await missingStreams(probe);
    if (missing.length > 0) {
      this.#log.info({ streams: missing }, 'streams are missing, and are declared');
      this.#onEvent('missing');
      this.#isDeclared = false;
    }
    if (!this.#isDeclared) {
      // What is deleted while this runs is declared in the next round.
      this.#isDeclared = true;
      try {
        await ensureTopology(manager);
      } catch (error) {
        this.#isDeclared = false;
        throw error;
      }
    }
    this.#onEvent('answered');
  }
}

async function missingStreams(probe: JetStreamManager): Promise<string[]> {
  const present = new Set((await probe.streams.list().next()).map(({ config }) => config.name));
  return Object.values(streams)
    .map(({ name }) => name)
    .filter((name) => !present.has(name));
}
