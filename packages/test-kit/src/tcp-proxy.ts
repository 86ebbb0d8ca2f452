import {
  type AddressInfo,
  createConnection,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';
import { interceptNats, type ProxyFilter, type ServerIdentity } from './intercept-nats.js';

/**
 * What a proxy does with what passes through it.
 *
 * - `pass`: forwards everything.
 * - `stall`: nothing passes and nothing closes, as with a pulled cable. What was sent meanwhile passes afterwards.
 * - `refuse`: new connections are reset; those that are open stay as they are.
 * - `delay`: everything arrives `ms` later, in order.
 * - `swallow`: bytes from the server for which `match` is true are lost, and so is all that the server sends after them
 *   over the same connection. With `cut` the client's connection is reset too, with `stall` it learns nothing.
 * - `filter`: what the server sends over connections that are opened meanwhile goes through a filter of their own, for
 *   as long as they are open. With the `identity` of a NATS server the filter sees through its TLS.
 */
type ProxyMode =
  | { name: 'pass' }
  | { name: 'stall' }
  | { name: 'refuse' }
  | { name: 'delay'; ms: number }
  | { name: 'swallow'; match: (chunk: Buffer) => boolean; afterwards: 'cut' | 'stall' }
  | { name: 'filter'; open: () => ProxyFilter; identity?: ServerIdentity };

/** A TCP proxy on loopback in front of one server, for tests that break connections. */
export class TcpProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #mode: ProxyMode = { name: 'pass' };
  #swallowed = 0;

  /** @param target where the server listens: `{ host, port }` or `{ path }` of a Unix socket. */
  constructor(target: NetConnectOpts) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      if (this.#mode.name === 'refuse') {
        client.on('error', () => undefined).resetAndDestroy();
        return;
      }
      const link = new Link(client, createConnection({ ...target, allowHalfOpen: true }), {
        mode: () => this.#mode,
        onSwallowed: () => {
          this.#swallowed += 1;
        },
        onClosed: () => this.#links.delete(link),
      });
      this.#links.add(link);
      link.follow();
    });
  }

  /** Starts a proxy on a free port of loopback, or where it is told. */
  static async start(target: NetConnectOpts, { host = '127.0.0.1', port = 0 } = {}): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(port, host, resolve);
    });
    return proxy;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#links.size;
  }

  /** How many answers of the server were lost in mode `swallow`. */
  get swallowed(): number {
    return this.#swallowed;
  }

  /** Changes the mode for open and new connections. */
  set(mode: ProxyMode): void {
    this.#mode = mode;
    for (const link of this.#links) link.follow();
  }

  /** Resets all open connections, on both sides. Returns how many there were. */
  cut(): number {
    const { size } = this.#links;
    for (const link of this.#links) link.reset();
    return size;
  }

  /** Resets all connections and stops listening. */
  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

interface LinkOptions {
  mode: () => ProxyMode;
  onSwallowed: () => void;
  onClosed: () => void;
}

/** A client's connection and the one to the server that belongs to it. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #options: LinkOptions;
  readonly #filter: ProxyFilter | undefined;
  /** The server's answers are lost from now on. */
  #isMute = false;
  /** The last chunk of each direction is on its way: chunks stay in order whatever their delays. */
  readonly #lastChunk = new Map<Socket, Promise<void>>();

  constructor(client: Socket, server: Socket, options: LinkOptions) {
    this.#client = client;
    this.#server = server;
    this.#options = options;
    const mode = options.mode();
    this.#filter = mode.name === 'filter' ? mode.open() : undefined;
    if (mode.name === 'filter' && mode.identity && this.#filter) {
      interceptNats(client, server, mode.identity, this.#filter, () => this.reset());
      return;
    }
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => this.#forward(chunk, from, to));
      from.on('end', () => this.#inOrder(to, () => to.end()));
      from.on('error', () => this.reset());
      from.on('close', () => {
        if (from.destroyed && to.destroyed) options.onClosed();
        else if (options.mode().name !== 'stall') to.destroySoon();
      });
    }
  }

  /** Reads, or stops reading, as the mode says. */
  follow(): void {
    for (const socket of [this.#client, this.#server]) {
      if (this.#options.mode().name === 'stall') socket.pause();
      else socket.resume();
    }
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#options.onClosed();
  }

  #forward(chunk: Buffer, from: Socket, to: Socket): void {
    const mode = this.#options.mode();
    const isAnswer = from === this.#server;
    if (isAnswer && mode.name === 'swallow' && !this.#isMute && mode.match(chunk)) {
      this.#isMute = true;
      this.#options.onSwallowed();
      if (mode.afterwards === 'cut') {
        this.#client.resetAndDestroy();
        return;
      }
    }
    if (isAnswer && this.#isMute) return;
    if (isAnswer && this.#filter) this.#filter(chunk, (bytes) => this.#pass(bytes, from, to));
    else this.#pass(chunk, from, to);
  }

  #pass(chunk: Buffer, from: Socket, to: Socket): void {
    const mode = this.#options.mode();
    this.#inOrder(
      to,
      () => {
        if (to.destroyed || to.write(chunk)) return;
        from.pause();
        to.once('drain', () => this.follow());
      },
      mode.name === 'delay' ? mode.ms : 0,
    );
  }

  #inOrder(to: Socket, act: () => void, delayMs = 0): void {
    const before = this.#lastChunk.get(to);
    if (!before && delayMs === 0) {
      act();
      return;
    }
    const due = performance.now() + delayMs;
    const done = (before ?? Promise.resolve()).then(async () => {
      const left = due - performance.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      act();
      if (this.#lastChunk.get(to) === done) this.#lastChunk.delete(to);
    });
    this.#lastChunk.set(to, done);
  }
}
