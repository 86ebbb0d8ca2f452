import { type BusCredential, connectionProof } from '@everynode/bus-credentials';
import { backoffMs, type Logger, pause } from '@everynode/service-shell';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { connectBounded } from './bounded-transport.js';
import { RECONNECT } from './reconnect.js';

/** How connections are made. */
export interface SessionOptions {
  url: string;
  /** Its files are read again for each connection. */
  credential: BusCredential;
  /** The name of the connection in the server's list. */
  name: string;
  /** The subject prefix of replies. Every agent has a prefix of its own, which its permission names. */
  inboxPrefix?: string;
  log: Logger;
  /** Called each time that the server refuses the credential, which may be revoked. */
  onRefused?: () => void;
  /** Ends the attempts to connect. */
  signal: AbortSignal;
}

/** One connection, from its start until it is lost. */
export interface Session {
  connection: NatsConnection;
  js: JetStreamClient;
}

/** A ping this often, in ms. The second without an answer ends the connection, 4 to 6 s after the last sign of life. */
const PING_MS = 2000;
const MAX_PINGS_OUT = 2;
/** How long a server may take to accept a connection, in ms. */
const CONNECT_MS = 2000;
/** How long a stop waits until what is buffered is sent, in ms. */
const DRAIN_MS = 2000;

/**
 * Keeps one connection to NATS open: makes it, with back-off, and makes a new one whenever it is lost.
 *
 * The client's own reconnecting is not used. It first waits until the old socket has sent what is buffered, and over a
 * half-open network that is minutes. A new session begins with nothing of the one before.
 */
export class Sessions {
  readonly #options: SessionOptions;
  readonly #listeners = new Set<(session: Session) => void>();
  #current: Session | undefined;
  #isClosed = false;
  /** Addresses that a server of a cluster has named beside the one that is configured. */
  #known: string[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get current(): Session | undefined {
    return this.#current;
  }

  /**
   * Calls the listener with the session that there is, and with each later one. Returns the function that ends this.
   */
  onSession(listener: (session: Session) => void): () => void {
    this.#listeners.add(listener);
    if (this.#current) listener(this.#current);
    return () => this.#listeners.delete(listener);
  }

  /** The session that there is, or the next one. Undefined when the signal aborts before. */
  next(signal: AbortSignal): Promise<Session | undefined> {
    if (signal.aborted || this.#current) return Promise.resolve(signal.aborted ? undefined : this.#current);
    return new Promise((resolve) => {
      const done = (session?: Session): void => {
        stop();
        signal.removeEventListener('abort', onAbort);
        resolve(session);
      };
      const onAbort = (): void => done();
      const stop = this.onSession(done);
      signal.addEventListener('abort', onAbort);
    });
  }

  /** Connects again and again. Resolves when the connection is closed for good, or the signal aborts without one. */
  async run(onLost: () => void): Promise<void> {
    const { signal, log, onRefused } = this.#options;
    for (let failures = 0; !this.#isClosed && !signal.aborted; ) {
      try {
        const connection = await this.#connect();
        if (this.#isClosed) return await connection.close();
        if (failures > 0) log.info('NATS can be reached');
        failures = 0;
        await this.#keep(connection);
      } catch (err) {
        failures += 1;
        log.warn({ err, failures }, 'NATS cannot be reached');
        if (err instanceof errors.AuthorizationError) onRefused?.();
      }
      this.#current = undefined;
      onLost();
      if (!this.#isClosed) await pause(backoffMs(Math.max(1, failures), RECONNECT), signal);
    }
  }

  async #connect(): Promise<NatsConnection> {
    const { url, credential, name, inboxPrefix } = this.#options;
    return await connectBounded({
      servers: [url, ...this.#known],
      ...(await connectionProof(credential)),
      name,
      ...(inboxPrefix !== undefined && { inboxPrefix }),
      reconnect: false,
      noRandomize: true,
      pingInterval: PING_MS,
      maxPingOut: MAX_PINGS_OUT,
      timeout: CONNECT_MS,
    });
  }

  /** Serves a connection until it is lost. */
  async #keep(connection: NatsConnection): Promise<void> {
    const { log } = this.#options;
    this.#known = connection.info?.connect_urls ?? [];
    const session = { connection, js: jetstream(connection) };
    this.#current = session;
    for (const listener of this.#listeners) listener(session);
    void this.#watch(connection);
    const error = await connection.closed();
    if (!this.#isClosed) log.warn({ err: error ?? undefined }, 'connection to NATS lost');
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const { log } = this.#options;
    for await (const status of connection.status()) {
      if (status.type === 'error') log.warn({ err: status.error }, 'NATS refused something');
      // The client would wait until the socket takes what is buffered: a network that is cut takes nothing.
      else if (status.type === 'staleConnection') await connection.close();
    }
  }

  /** Sends what is buffered, as far as the server takes it, and closes the connection for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connection = this.#current?.connection;
    if (!connection || connection.isClosed()) return;
    const drained = connection.drain().catch(() => undefined);
    const stop = new AbortController();
    await Promise.race([drained, pause(DRAIN_MS, stop.signal)]);
    stop.abort();
    await connection.close();
  }
}
