import { failureIn, type RequestFailed } from '@everynode/contract';
import { injectTrace, type Logger, retryUntilDone } from '@everynode/service-shell';
import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { type CloudEvent, cloudEventHeaders } from './cloud-event.js';
import { type Consuming, RECONNECT } from './consuming.js';
import type { Delivery } from './delivery.js';
import { type Follower, type FollowFrom, follow } from './follow.js';
import { RequestFailedError } from './request-failed-error.js';
import { ensureTopology } from './topology.js';
import { type WorkLimits, work } from './work.js';

interface BusOptions {
  url: string;
  user?: string | undefined;
  password?: string | undefined;
  /** The name of the connection in the server's list. */
  name: string;
  log: Logger;
  /** The subject prefix of replies. Every agent has a prefix of its own, which its permission names. */
  inboxPrefix?: string;
  signal: AbortSignal;
}

/**
 * One connection to NATS. It is made with back-off, and made again whenever it is lost; `connected` shows its state.
 * No message is the only copy of anything: Postgres is the truth, and readers notice what they missed.
 */
export class Bus {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #log: Logger;
  readonly #consuming: Consuming;
  #connected = true;
  /** True when this connection has declared the streams: it then declares them again whenever they may be gone. */
  #declares = false;

  private constructor(connection: NatsConnection, options: BusOptions) {
    this.#connection = connection;
    this.#js = jetstream(connection);
    this.#log = options.log;
    this.#consuming = {
      js: this.#js,
      log: options.log,
      signal: options.signal,
      restarts: new Set(),
      declareAgain: () => this.#declareAgain(),
    };
    void this.#watchConnection();
  }

  /** Connects, and waits for a server that is not up yet. @throws Error only when the signal aborts before that. */
  static async connect(options: BusOptions): Promise<Bus> {
    const connection = await retryUntilDone(
      () =>
        connect({
          servers: options.url,
          ...(options.user !== undefined && { user: options.user }),
          ...(options.password !== undefined && { pass: options.password }),
          name: options.name,
          ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
          maxReconnectAttempts: -1,
          reconnectTimeWait: 200,
          reconnectJitter: 200,
          pingInterval: 10_000,
          timeout: 2000,
        }),
      {
        signal: options.signal,
        onFailure: (error, failures) => options.log.warn({ err: error, failures }, 'NATS cannot be reached'),
        backoff: RECONNECT,
      },
    );
    if (!connection) throw new Error('stopped before NATS could be reached');
    return new Bus(connection, options);
  }

  get connected(): boolean {
    return this.#connected;
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        this.#log.warn('connection to NATS lost');
      } else if (status.type === 'reconnect') {
        this.#connected = true;
        this.#log.info('connection to NATS is back');
        await this.#declareAgain();
        for (const restart of this.#consuming.restarts) restart();
      } else if (status.type === 'error') {
        this.#log.warn({ err: status.error }, 'NATS refused something');
      }
    }
  }

  /** Creates streams and durable consumers. Needs the services' credential. */
  async ensureTopology(): Promise<void> {
    await ensureTopology(await jetstreamManager(this.#connection));
    this.#declares = true;
  }

  /** {@link ensureTopology}, again and again until it succeeds or the signal aborts. */
  async declareWhenReachable(signal: AbortSignal): Promise<void> {
    await retryUntilDone(() => this.ensureTopology(), {
      signal,
      onFailure: (error, failures) => this.#log.warn({ err: error, failures }, 'streams cannot be declared'),
      backoff: RECONNECT,
    });
  }

  /** A server that was away may have come back empty. */
  async #declareAgain(): Promise<void> {
    if (!this.#declares) return;
    await this.ensureTopology().catch((err: unknown) => this.#log.warn({ err }, 'streams cannot be declared'));
  }

  /** Stores one message in its stream. Resolves when the server has stored it. @throws what the NATS client throws. */
  async publish(subject: string, event: CloudEvent, body: string | Uint8Array): Promise<void> {
    const carrier = cloudEventHeaders(event, Date.now());
    injectTrace(carrier);
    await this.#js.publish(subject, body, { headers: carrier, ...(event.id !== undefined && { msgID: event.id }) });
  }

  /**
   * Follows a stream from now on, in order. After a lost connection, a lost stream or any error, delivery begins again
   * with what is new then, and `onReset` is called: the follower has to find out what it missed. Resolves when the
   * signal aborts.
   */
  follow(stream: string, filter: string, follower: Follower, from: FollowFrom = 'new'): Promise<void> {
    return follow(this.#consuming, stream, filter, follower, from);
  }

  /**
   * Shares a durable consumer with other processes. `handle` runs for several messages at once, within `limits`. A
   * message is acknowledged when it resolves, and delivered again when it rejects. While it runs the server learns so,
   * and only what a dead process held goes to another one. Resolves when the signal aborts.
   */
  work(
    stream: string,
    durable: string,
    limits: WorkLimits,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    return work(this.#consuming, stream, durable, limits, handle);
  }

  /**
   * Sends a request and waits for the reply.
   *
   * @throws RequestFailedError when the service replies that it could not answer.
   * @throws TimeoutError (of the NATS client) when no reply comes within `timeoutMs`.
   */
  async request(subject: string, body: string, timeoutMs: number): Promise<string> {
    const message = await this.#connection.request(subject, body, { timeout: timeoutMs });
    const reply = message.string();
    const failure = failureIn(reply);
    if (failure !== undefined) throw new RequestFailedError(subject, failure);
    return reply;
  }

  /** Answers requests, sharing them with the other members of `queue`. */
  respond(subject: string, queue: string, answer: (subject: string, body: string) => Promise<string>): void {
    const subscription: Subscription = this.#connection.subscribe(subject, { queue });
    const serve = async (message: Msg): Promise<void> => {
      try {
        message.respond(await answer(message.subject, message.string()));
      } catch (error) {
        this.#log.warn({ err: error, subject: message.subject }, 'a request could not be answered');
        const failed: RequestFailed = { error: error instanceof Error ? error.message : String(error) };
        message.respond(JSON.stringify(failed));
      }
    };
    void (async () => {
      for await (const message of subscription) void serve(message);
    })();
  }

  /** Sends what is buffered and closes the connection. */
  async close(): Promise<void> {
    if (this.#connection.isClosed()) return;
    await this.#connection.drain();
  }
}
