import { failureIn } from '@everynode/contract';
import { injectTrace, type Logger } from '@everynode/service-shell';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { BusState } from './bus-state.js';
import { BusUnavailableError } from './bus-unavailable-error.js';
import { type ByteListener, listenBytes } from './byte-listener.js';
import { type CloudEvent, cloudEventHeaders } from './cloud-event.js';
import type { Consuming } from './consuming.js';
import { type Follower, type FollowFrom, follow } from './follow.js';
import { RequestFailedError } from './request-failed-error.js';
import { RequestTurns } from './request-turns.js';
import { type Answer, respond } from './respond.js';
import { type Session, type SessionOptions, Sessions } from './sessions.js';
import type { StreamMark } from './stream-losses.js';
import { subscribe } from './subscribe.js';
import { TopologyKeeper } from './topology-keeper.js';
import { type Worker, type WorkLimits, work } from './work.js';

/**
 * One connection to NATS. It is made in the background, with back-off, and made again whenever it is lost; `trouble`
 * says what it is good for (bus-mode.ts). No message is the only copy of anything: Postgres is the truth, and readers
 * notice what they missed.
 */
export class Bus {
  readonly #sessions: Sessions;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #consuming: Consuming;
  readonly #state = new BusState();
  #isKeeping = false;
  #keeper: TopologyKeeper | undefined;
  readonly #marks = new Map<string, StreamMark>();
  readonly #lossListeners = new Set<(streams: string[]) => void>();

  private constructor(options: SessionOptions) {
    this.#log = options.log;
    this.#signal = options.signal;
    this.#sessions = new Sessions(options);
    this.#sessions.onSession(() => this.#state.move('connected'));
    this.#consuming = {
      sessions: this.#sessions,
      log: options.log,
      signal: options.signal,
      deliveries: new Set(),
      onStarted: () => this.#onStarted(),
      onFailed: (error) => this.#onFailed(error),
    };
    void this.#sessions.run(() => this.#state.move('lost'));
  }

  /** Returns at once. The connection is made in the background, and until then `trouble` says that there is none. */
  static connect(options: SessionOptions): Bus {
    return new Bus(options);
  }

  /** True while the server answers. Messages may be refused nevertheless: see `trouble`. */
  get connected(): boolean {
    return this.#sessions.current !== undefined;
  }

  /** Why messages may not come through; undefined when they do, as far as is known. */
  get trouble(): string | undefined {
    return this.#state.trouble;
  }

  /** Resolves when there is no trouble, or when the signal of the bus aborts. */
  async untilReady(): Promise<void> {
    await this.#state.untilReady(this.#signal);
  }

  /**
   * From now on this connection declares streams and durable consumers, and declares them again whenever some are
   * missing. Needs the services' credential. Resolves when they are there for the first time, or the signal of the bus
   * aborts.
   */
  async ensureTopology(): Promise<void> {
    if (!this.#isKeeping) {
      this.#isKeeping = true;
      this.#sessions.onSession((session) => this.#keep(session));
    }
    await this.untilReady();
  }

  #keep(session: Session): void {
    const keeper = new TopologyKeeper(session, this.#log, this.#marks, {
      // What is found out about a session that is gone says nothing about the one that there is.
      onEvent: (event) => void (this.#keeper === keeper && this.#state.move(event)),
      onLost: (lost) => this.#onLost(lost),
    });
    this.#keeper = keeper;
    void keeper.run();
  }

  /** A connection that declares nothing knows JetStream by what it consumes. */
  #onStarted(): void {
    if (!this.#isKeeping) this.#state.move('answered');
  }

  #onFailed(error: unknown): void {
    if (this.#isKeeping) this.#keeper?.declareAgain();
    else this.#state.move(isStreamMissing(error) ? 'missing' : 'unanswered');
  }

  #onLost(lost: string[]): void {
    for (const { stream, restart } of this.#consuming.deliveries) if (lost.includes(stream)) restart();
    for (const listener of this.#lossListeners) listener(lost);
  }

  /**
   * Calls the listener with the names of streams that were deleted or purged: messages that their readers should have
   * received are gone. Followers on this connection are reset before. Only a connection that declares streams notices.
   * Returns the function that removes the listener.
   */
  onLost(listener: (streams: string[]) => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  #session(): Session {
    const session = this.#sessions.current;
    if (!session) throw new BusUnavailableError(this.trouble ?? 'not connected');
    return session;
  }

  /**
   * Stores one message in its stream. Resolves when the server has stored it.
   *
   * @throws BusUnavailableError when there is no connection: the message was not sent.
   * @throws what the NATS client throws. The message may have been stored.
   */
  async publish(subject: string, event: CloudEvent, body: string | Uint8Array): Promise<void> {
    const { js } = this.#session();
    const carrier = cloudEventHeaders(event, Date.now());
    injectTrace(carrier);
    try {
      await js.publish(subject, body, { headers: carrier, ...(event.id !== undefined && { msgID: event.id }) });
    } catch (error) {
      if (!this.#isKeeping) this.#state.move('unanswered');
      throw error;
    }
    this.#onStarted();
  }

  /**
   * Follows a stream from now on, in order. After a lost connection, a lost stream or any error, delivery begins again
   * with what is new then, and `onReset` is called: the follower has to find out what it missed. A stream that shows no
   * sign of life is noticed after two to three seconds. Resolves when the signal aborts.
   */
  follow(stream: string, filter: string, follower: Follower, from: FollowFrom = 'new'): Promise<void> {
    return follow(this.#consuming, stream, filter, follower, from);
  }

  /**
   * Shares a durable consumer with other processes. The worker handles several messages at once, within `limits`, and
   * the agents that sent them take turns. A message is acknowledged when it is handled, and delivered again after a
   * growing delay when that fails, up to `limits.tries` times. While it waits or is handled the server learns so, and
   * only what a dead process held goes to another one. Resolves when the signal aborts.
   */
  work(stream: string, durable: string, limits: WorkLimits, worker: Worker): Promise<void> {
    return work(this.#consuming, stream, durable, limits, worker);
  }

  /**
   * Sends a request and waits for the reply.
   *
   * @throws BusUnavailableError when there is no connection.
   * @throws RequestFailedError when the service replies that it could not answer.
   * @throws TimeoutError (of the NATS client) when no reply comes within `timeoutMs`.
   */
  async request(subject: string, body: string, timeoutMs: number): Promise<string> {
    const message = await this.#session().connection.request(subject, body, { timeout: timeoutMs });
    const reply = message.string();
    const failure = failureIn(reply);
    if (failure !== undefined) throw new RequestFailedError(subject, failure);
    return reply;
  }

  /** Sends a message to the subscribers that there are, outside the streams. Without a connection it is lost. */
  send(subject: string, body: string | Uint8Array): void {
    try {
      this.#sessions.current?.connection.publish(subject, body);
    } catch (err) {
      this.#log.debug({ err, subject }, 'the connection was lost before a message was sent');
    }
  }

  /** Calls `receive` with the bodies of what is sent to a subject, outside the streams, while there is a connection. */
  listen(subject: string, receive: (body: string) => void): void {
    this.#sessions.onSession(({ connection }) => {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error) this.#log.warn({ err: error, subject }, 'a subscription was refused');
          else receive(message.string());
        },
      });
    });
  }

  /** Receives what is sent to a subject, as bytes and outside the streams. See {@link ByteListener}. */
  listenBytes(subject: string, listener: ByteListener): void {
    this.#sessions.onSession(({ connection }) => listenBytes(connection, subject, listener, this.#log));
  }

  /**
   * Receives what is published to a subject on this connection, whether or not a stream keeps it. `onReset` is called
   * each time the server has taken the subscription: what was published before is missed. The order is that of the
   * server. Resolves when the signal of the bus aborts.
   */
  subscribe(subject: string, follower: Follower): Promise<void> {
    return subscribe(this.#consuming, subject, follower);
  }

  /** Answers requests, sharing them with the other members of the queue, in turn by the agents that ask. */
  respond(subject: string, queue: string, answer: Answer, turns = new RequestTurns()): void {
    const answered = { subject, queue, turns };
    this.#sessions.onSession(({ connection }) => respond(connection, answered, answer, this.#log));
  }

  /** Sends what is buffered, as far as the server takes it within two seconds, and closes the connection. */
  async close(): Promise<void> {
    await this.#sessions.close();
    this.#state.move('closed');
  }
}

function isStreamMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}
