import type { FastifyReply } from 'fastify';

/** Where a watch writes its events: one response, which stays open until the watch ends it or the client closes it. */
export interface WatchSink {
  /** Sends the status and the headers. After this an error can only be sent as an event. */
  begin(status: number, headers: Record<string, string>): void;
  write(chunk: string | Buffer): void;
  /** Ends the response in order. */
  end(): void;
  /** Breaks the connection. What waits in the socket is lost. */
  destroy(): void;
  /** True after `end` or `destroy`, and after the client has closed the connection. */
  readonly isOver: boolean;
  /** Written, but not yet accepted by the socket, in bytes. */
  readonly backlog: number;
  /** Calls the listener once, when the backlog is empty. Returns the function that removes the listener. */
  onDrain(listener: () => void): () => void;
  /** Calls the listener once, when the connection is closed. Returns the function that removes the listener. */
  onClose(listener: () => void): () => void;
}

/** The response of a Fastify request as a sink. Fastify does not touch the reply after `begin`. */
export class ReplySink implements WatchSink {
  readonly #reply: FastifyReply;
  readonly #onBegin: () => void;

  /** `onBegin` is called when the headers are sent. */
  constructor(reply: FastifyReply, onBegin: () => void) {
    this.#reply = reply;
    this.#onBegin = onBegin;
  }

  begin(status: number, headers: Record<string, string>): void {
    const { raw, request } = this.#reply;
    this.#reply.hijack();
    raw.writeHead(status, { 'audit-id': request.id, ...headers });
    raw.flushHeaders();
    this.#onBegin();
  }

  write(chunk: string | Buffer): void {
    this.#reply.raw.write(chunk);
  }

  end(): void {
    if (!this.#reply.raw.writableEnded) this.#reply.raw.end();
  }

  destroy(): void {
    this.#reply.raw.destroy();
  }

  get isOver(): boolean {
    const { raw } = this.#reply;
    return raw.writableEnded || raw.destroyed;
  }

  get backlog(): number {
    return this.#reply.raw.writableLength;
  }

  onDrain(listener: () => void): () => void {
    return this.#once('drain', listener);
  }

  onClose(listener: () => void): () => void {
    return this.#once('close', listener);
  }

  #once(event: 'drain' | 'close', listener: () => void): () => void {
    const { raw } = this.#reply;
    raw.once(event, listener);
    return () => raw.off(event, listener);
  }
}
