import { failureIn, type RequestFailed } from '@everynode/contract';
import {
  type BackoffOptions,
  backoffMs,
  type HeaderCarrier,
  injectTrace,
  type Logger,
  pause,
  retryUntilDone,
} from '@everynode/service-shell';
import { type JetStreamClient, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { type CloudEvent, cloudEventHeaders, cloudEventOf } from './cloud-event.js';
import { RequestFailedError } from './request-failed-error.js';
import { ensureTopology } from './topology.js';

export interface BusOptions {
  url: string;
  user?: string | undefined;
  password?: string | undefined;
  /** Shows up in the server's connection list. */
  name: string;
  log: Logger;
  /** Where replies go; agents have a prefix of their own that their permission names. */
  inboxPrefix?: string;
  signal: AbortSignal;
}

/** How much of a durable consumer's stream one process takes on. */
export interface WorkLimits {
  /** Messages handled at once. */
  messages: number;
  /** Bytes of their bodies together. One message is always taken. */
  bytes: number;
}

/** One message off the bus. */
export interface Delivery {
  subject: string;
  event: CloudEvent | undefined;
  /** The body as it came. It is a view of what the socket was read into: keep what you make of it, not this. */
  bytes: Uint8Array;
  /** The body as text. It is made each time it is asked for. */
  readonly body: string;
  /** Carries the trace that the sender was in. */
  headers?: HeaderCarrier;
}

/** A follower of a stream: see {@link Bus.follow}. */
export interface Follower {
  onMessage(delivery: Delivery): void | Promise<void>;
  /** Called each time delivery starts anew: messages may have been missed before this point. */
  onReset(): void;
}

function deliveryOf(message: JsMsg): Delivery {
  const { subject, headers, data } = message;
  return {
    subject,
    event: cloudEventOf(headers),
    bytes: data,
    get body() {
      return message.string();
    },
    ...(headers && { headers }),
  };
}

const RECONNECT: BackoffOptions = { firstMs: 100, maxMs: 2000 };
/** Messages of a durable consumer that wait in a process for their turn. */
const PULLED_AHEAD = 16;
/** The server hears this often of messages that are still worked on; well within any consumer's ackWaitSeconds. */
const WORKING_MS = 500;

/**
 * One connection to NATS. It is made with back-off and made again by itself whenever it is lost; `connected` tells.
 * Nothing that is sent here is the only copy of anything: Postgres is the truth, and readers notice what they missed.
 */
export class Bus {
  readonly #connection: NatsConnection;
  readonly #js: JetStreamClient;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #restarts = new Set<() => void>();
  #connected = true;
  /** Set once this connection has declared the streams: from then on it does so whenever they may be gone. */
  #declares = false;

  private constructor(connection: NatsConnection, options: BusOptions) {
    this.#connection = connection;
    this.#js = jetstream(connection);
    this.#log = options.log;
    this.#signal = options.signal;
    void this.#watchConnection();
  }

  /** Connects, waiting for a server that is not up yet. Rejects only when the signal aborts. */
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
        for (const restart of this.#restarts) restart();
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

  /** Stores one message in its stream; resolves when the server has it. */
  async publish(subject: string, event: CloudEvent, body: string | Uint8Array): Promise<void> {
    const carrier = cloudEventHeaders(event, Date.now());
    injectTrace(carrier);
    await this.#js.publish(subject, body, { headers: carrier, ...(event.id !== undefined && { msgID: event.id }) });
  }

  /**
   * Follows a stream from now on, in order. After a lost connection, a lost stream or any error it starts anew from
   * what is new then, and says so through `onReset`; what came in between is for the follower to find out.
   * Resolves when the signal aborts.
   */
  async follow(
    stream: string,
    filter: string,
    follower: Follower,
    from: 'new' | 'last-per-subject' = 'new',
  ): Promise<void> {
    for (let failures = 0; !this.#signal.aborted; ) {
      try {
        await this.#followOnce(stream, filter, follower, from, () => {
          failures = 0;
        });
      } catch (error) {
        if (this.#signal.aborted) return;
        failures += 1;
        this.#log.warn({ err: error, stream }, 'following a stream failed');
        await pause(backoffMs(failures, RECONNECT), this.#signal);
        if (!this.#signal.aborted) await this.#declareAgain();
      }
    }
  }

  async #followOnce(
    stream: string,
    filter: string,
    follower: Follower,
    from: 'new' | 'last-per-subject',
    onStarted: () => void,
  ): Promise<void> {
    const consumer = await this.#js.consumers.get(stream, {
      filter_subjects: filter,
      deliver_policy: from === 'new' ? 'new' : 'last_per_subject',
    });
    const messages = await consumer.consume({ max_messages: 1000, abort_on_missing_resource: true });
    const stop = (): void => messages.stop();
    this.#restarts.add(stop);
    this.#signal.addEventListener('abort', stop, { once: true });
    try {
      onStarted();
      follower.onReset();
      for await (const message of messages) {
        await follower.onMessage(deliveryOf(message));
      }
    } finally {
      this.#restarts.delete(stop);
      this.#signal.removeEventListener('abort', stop);
      messages.stop();
    }
  }

  /**
   * Takes part in a durable consumer. `handle` runs for several messages at once, within `limits`; a message is
   * acknowledged when it resolves and comes again when it rejects. While it runs the server hears that it does, so only
   * what a dead replica held comes to another one. Resolves when the signal aborts.
   */
  async work(
    stream: string,
    durable: string,
    limits: WorkLimits,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    for (let failures = 0; !this.#signal.aborted; ) {
      try {
        await this.#workOnce(stream, durable, limits, handle);
        failures = 0;
      } catch (error) {
        if (this.#signal.aborted) return;
        failures += 1;
        this.#log.warn({ err: error, stream, durable }, 'a durable consumer failed');
        await pause(backoffMs(failures, RECONNECT), this.#signal);
        if (!this.#signal.aborted) await this.#declareAgain();
      }
    }
  }

  async #workOnce(
    stream: string,
    durable: string,
    limits: WorkLimits,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    const consumer = await this.#js.consumers.get(stream, durable);
    // Few, because what waits here unhandled for longer than the server waits is sent to others as well. By number and not
    // by bytes: on nats-server 2.9 a consumer that pulls by bytes is seen to have no pull outstanding, for half a minute.
    const messages = await consumer.consume({ max_messages: PULLED_AHEAD, abort_on_missing_resource: true });
    const stop = (): void => messages.stop();
    this.#restarts.add(stop);
    this.#signal.addEventListener('abort', stop, { once: true });
    const running = new Set<Promise<void>>();
    const underWay = new Set<JsMsg>();
    let bytes = 0;
    const sayWorking = setInterval(() => {
      for (const message of underWay) message.working();
    }, WORKING_MS);
    try {
      for await (const message of messages) {
        const size = message.data.length;
        underWay.add(message);
        bytes += size;
        const done: Promise<void> = handle(deliveryOf(message))
          .then(
            () => message.ack(),
            (error: unknown) => {
              this.#log.warn(
                { err: error, subject: message.subject },
                'a message could not be handled and comes again',
              );
              message.nak(backoffMs(message.info.deliveryCount));
            },
          )
          .finally(() => {
            running.delete(done);
            underWay.delete(message);
            bytes -= size;
          });
        running.add(done);
        while (running.size >= limits.messages || bytes >= limits.bytes) await Promise.race(running);
      }
    } finally {
      this.#restarts.delete(stop);
      this.#signal.removeEventListener('abort', stop);
      messages.stop();
      await Promise.allSettled(running);
      clearInterval(sayWorking);
    }
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
