import { type StreamDeclaration, streams } from '@everynode/contract';
import { type Logger, pause } from '@everynode/service-shell';
import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { BusEvent } from './bus-mode.js';
import type { Session } from './sessions.js';
import { StreamList } from './stream-list.js';
import { hasLost, type StreamMark } from './stream-losses.js';
import { ensureTopology } from './topology.js';

/** After a question without an answer, the next one follows in so many ms. */
const RETRY_MS = 2000;

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
 * says that one was deleted, and otherwise when the next list of streams shows it.
 */
export class TopologyKeeper {
  readonly #session: Session;
  readonly #log: Logger;
  readonly #listener: KeeperListener;
  readonly #marks: Map<string, StreamMark>;
  /** Streams that have lost messages, to be reported once they are there again. */
  readonly #lost = new Set<string>();
  readonly #list: StreamList;
  #mustDeclare = true;
  /** False until the first declaration has been carried out, and during each one. */
  #isDeclared = false;
  #wake = new AbortController();

  /** `marks` is what the keeper of the session before knew of the streams, and is kept up here. */
  constructor(session: Session, log: Logger, marks: Map<string, StreamMark>, listener: KeeperListener) {
    this.#session = session;
    this.#log = log;
    this.#marks = marks;
    this.#listener = listener;
    this.#list = new StreamList(session.connection, (infos) => this.#onListed(infos));
  }

  /** Resolves when the session has ended. */
  async run(): Promise<void> {
    const { connection } = this.#session;
    // It does not ask the server anything by itself.
    const manager = await jetstreamManager(connection, { checkAPI: false });
    connection.subscribe(STREAM_DELETED, { callback: () => this.declareAgain() });
    const ended = connection.closed().then(() => {
      this.#list.end(new Error('the connection is closed'));
      this.#wake.abort();
    });
    for (let failures = 0; !connection.isClosed(); ) {
      this.#wake = new AbortController();
      try {
        await this.#round(manager);
        failures = 0;
      } catch (err) {
        if (connection.isClosed()) break;
        failures += 1;
        this.#listener.onEvent('unanswered');
        this.#log.warn({ err, failures }, 'JetStream does not answer');
      }
      await pause(failures > 0 ? RETRY_MS : this.#list.dueInMs, this.#wake.signal);
    }
    await ended;
  }

  /** Declares everything again now: something that was declared may be missing. */
  declareAgain(): void {
    this.#mustDeclare = true;
    this.#wake.abort();
  }

  async #round(manager: JetStreamManager): Promise<void> {
    // Asked first in any case: this answer is waited for more briefly than that to a declaration.
    if (this.#mustDeclare || this.#list.dueInMs === 0) await this.#list.ask();
    if (this.#mustDeclare) {
      // What is deleted while this runs is declared in the next round.
      this.#mustDeclare = false;
      this.#isDeclared = false;
      try {
        await ensureTopology(manager);
      } catch (error) {
        this.#mustDeclare = true;
        throw error;
      }
      this.#isDeclared = true;
    }
    if (this.#lost.size > 0) {
      const names = [...this.#lost];
      this.#lost.clear();
      this.#log.warn({ streams: names }, 'streams have lost messages');
      this.#listener.onLost(names);
    }
    this.#listener.onEvent('answered');
  }

  #onListed(listed: readonly StreamInfo[]): void {
    const infos = new Map(listed.map((info) => [info.config.name, info]));
    for (const declaration of DECLARED) {
      if (this.#updateMark(declaration, infos.get(declaration.name))) this.#lost.add(declaration.name);
    }
    if (!DECLARED.every(({ name }) => infos.has(name))) {
      this.#listener.onEvent('missing');
      this.declareAgain();
    } else if (this.#lost.size > 0) this.#wake.abort();
    else if (this.#isDeclared && !this.#mustDeclare) this.#listener.onEvent('answered');
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
