import { subjects } from '@everynode/contract';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';

const QUESTION = '$JS.API.STREAM.LIST';
/** JetStream is asked this often, in ms, when no other process has asked. */
const LIST_MS = 2000;
/** Each process waits a little longer than that, and differently: the one with the least patience asks for all. */
const SPREAD_MS = 500;
/** How long the answer may take, in ms: a server of which JetStream hangs still answers pings. */
const ANSWER_MS = 2000;

/** What JetStream answers: `api.JSApiStreamListResponse` of nats-server. */
interface Answer {
  streams?: StreamInfo[] | null;
  error?: { code: number; description: string };
}

/**
 * The streams of the server, as it lists them. Its answer goes to all processes that follow the list, so in a fleet
 * one of them asks for all, and any of them goes on when that one is gone.
 */
export class StreamList {
  readonly #connection: Pick<NatsConnection, 'publish' | 'subscribe'>;
  readonly #onListed: (streams: readonly StreamInfo[]) => void;
  readonly #patienceMs = LIST_MS + Math.random() * SPREAD_MS;
  #listedAt = Number.NEGATIVE_INFINITY;
  #asking: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  /** `onListed` is called with every answer, whichever process has asked. */
  constructor(
    connection: Pick<NatsConnection, 'publish' | 'subscribe'>,
    onListed: (streams: readonly StreamInfo[]) => void,
  ) {
    this.#connection = connection;
    this.#onListed = onListed;
    connection.subscribe(subjects.streamsListed, { callback: (error, message) => this.#onAnswer(error, message) });
  }

  /** In how many ms this process has to ask; 0 when it is time. Each answer puts it off. */
  get dueInMs(): number {
    return Math.max(0, this.#listedAt + this.#patienceMs - performance.now());
  }

  /** Asks. Resolves when an answer has come, whichever process asked for it. @throws Error without one in time. */
  async ask(): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      this.#asking = { resolve, reject };
    });
    const late = setTimeout(() => this.end(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS);
    try {
      this.#connection.publish(QUESTION, undefined, { reply: subjects.streamsListed });
      await answered;
    } finally {
      clearTimeout(late);
      this.#asking = undefined;
    }
  }

  /** Ends the question that waits for its answer, with the reason as its error. */
  end(reason: Error): void {
    this.#asking?.reject(reason);
  }

  #onAnswer(error: Error | null, message: Msg): void {
    try {
      if (error) throw error;
      this.#onListed(streamsIn(message));
      this.#listedAt = performance.now();
      this.#asking?.resolve();
    } catch (refusal) {
      // The server's reason is the asking process's to report.
      this.#asking?.reject(refusal);
    }
  }
}

function streamsIn(message: Msg): StreamInfo[] {
  // A server without JetStream has no one who answers, and says so with an empty message.
  if (message.data.length === 0) throw new Error(`nothing answers ${QUESTION}`);
  const { streams, error }: Answer = message.json();
  if (error) throw new Error(`${error.description} (${error.code})`);
  return streams ?? [];
}
