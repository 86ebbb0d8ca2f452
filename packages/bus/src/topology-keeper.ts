import { type StreamDeclaration, streams } from '@everynode/contract';
import { type Logger, pause } from '@everynode/service-shell';
import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { BusEvent } from './bus-mode.js';
import type { Session } from './sessions.js';
import { hasLost, type StreamMark } from './stream-losses.js';
import { ensureTopology } from './topology.js';

/** JetStream is asked for its streams this often, in ms. */
const PROBE_MS = 2000;
/** How long its answer may take, in ms: a server of which JetStream hangs still answers pings. */
const PROBE_TIMEOUT_MS = 2000;

const STREAM_DELETED = '$JS.EVENT.ADVISORY.STREAM.DELETED.>';

/** What a keeper reports. */
export interface KeeperListener {
  /** What a question to JetStream has shown. */
  onEvent(event: BusEvent): void;
  /** These streams were deleted or purged: their readers may have lost messages. */
  onLost(lost: string[]): void;
}

/**
 * Declares streams and durable consumers on one session, and again whenever some are missing: at once when the server
 * says that one was deleted, and otherwise when JetStream is asked next.
 */
export class TopologyKeeper {
  readonly #session: Session;
  readonly #log: Logger;
  readonly #listener: KeeperListener;
  readonly #marks: Map<string, StreamMark>;
  #isDeclared = false;
  #wake = new AbortController();

  /** `marks` is what the keeper of the session before knew of the streams, and is kept up here. */
  constructor(session: Session, log: Logger, marks: Map<string, StreamMark>, listener: KeeperListener) {
    this.#session = session;
    this.#log = log;
    this.#marks = marks;
    this.#listener = listener;
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
        this.#listener.onEvent('unanswered');
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
    const infos = new Map((await probe.streams.list().next()).map((info) => [info.config.name, info]));
    const missing = DECLARED.filter(({ name }) => !infos.has(name));
    const lost = DECLARED.filter((declaration) => this.#updateMark(declaration, infos.get(declaration.name)));
    if (missing.length > 0) {
      this.#listener.onEvent('missing');
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
    if (lost.length > 0) {
      const names = lost.map(({ name }) => name);
      this.#log.warn({ streams: names }, 'streams have lost messages');
      this.#listener.onLost(names);
    }
    this.#listener.onEvent('answered');
  }

  /** Keeps what is known of a stream. Returns whether it has lost messages since it was known last. */
  #updateMark(declaration: StreamDeclaration, info: StreamInfo | undefined): boolean {
    const before = this.#marks.get(declaration.name);
    const now = performance.now();
    const after = info && markOf(info, before, now);
    if (after) this.#marks.set(declaration.name, after);
    else this.#marks.delete(declaration.name);
    return before !== undefined && hasLost(declaration, before, after, now);
  }
}

const DECLARED: StreamDeclaration[] = Object.values(streams);

/** The server's clock counts only for a message that was there before: another one was stored a moment ago. */
function markOf({ created, state }: StreamInfo, before: StreamMark | undefined, now: number): StreamMark {
  const isKnown = before !== undefined && before.created === created;
  const storedMs = isKnown ? now : now - Math.max(0, Date.now() - Date.parse(state.last_ts));
  return {
    created,
    messages: state.messages,
    first: state.first_seq,
    last: state.last_seq,
    lastMs: isKnown && before.last === state.last_seq ? before.lastMs : storedMs,
  };
}
