import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type UpgradeRequest, upgradeOf } from '../websocket/upgrade-requests.js';

/** How long a connection is silent before its client is asked whether it is there, in ms. */
const KEEP_ALIVE_MS = 30_000;

/** The connection of a request that is answered as a stream, for as long as the client wants. */
export class ClientConnection {
  readonly #reply: FastifyReply;
  readonly #onBegun: () => void;
  readonly #whenGone = new Set<() => void>();
  readonly #gone = (): void => {
    for (const listener of [...this.#whenGone]) listener();
  };

  /** @param onBegun is called when the answer has begun. */
  constructor(reply: FastifyReply, onBegun: () => void) {
    this.#reply = reply;
    this.#onBegun = onBegun;
  }

  get request(): IncomingMessage {
    return this.#reply.request.raw;
  }

  get address(): string {
    return this.#reply.request.ip;
  }

  /**
   * Calls the listener when the connection is closed, at once where it is. Returns the function that ends this. All of
   * them are one listener of the socket, which serves other requests too.
   */
  whenGone(listener: () => void): () => void {
    const { socket } = this.request;
    if (socket.destroyed) {
      listener();
      return () => undefined;
    }
    if (this.#whenGone.size === 0) socket.once('close', this.#gone);
    this.#whenGone.add(listener);
    return () => {
      this.#whenGone.delete(listener);
      if (this.#whenGone.size === 0) socket.off('close', this.#gone);
    };
  }

  /** Undefined for a request that asks for no other protocol. */
  get upgrade(): UpgradeRequest | undefined {
    return upgradeOf(this.request);
  }

  /** Takes the connection over for another protocol: there is no answer by HTTP from now on. */
  takeOver(): UpgradeRequest {
    const { upgrade } = this;
    if (!upgrade) throw new Error('the request asks for no other protocol');
    this.#reply.hijack();
    this.#reply.raw.statusCode = 101;
    this.#begun();
    return upgrade;
  }

  /** Sends the headers of an answer whose body comes bit by bit. */
  begin(headers: Record<string, string>): ServerResponse {
    const { raw, request } = this.#reply;
    this.#reply.hijack();
    raw.writeHead(200, { 'audit-id': request.id, 'cache-control': 'no-cache, private', ...headers });
    raw.flushHeaders();
    this.#begun();
    return raw;
  }

  #begun(): void {
    // A client that vanishes while nothing is sent is noticed all the same.
    this.request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#onBegun();
  }
}
