import { ApiError } from '@everynode/objects';
import type { FastifyInstance } from 'fastify';
import { isHealthCheck } from './health-routes.js';
import type { NewConnections } from './new-connections.js';
import { infoOf } from './request-info.js';

/**
 * How long a stop waits for the first request of each connection that was accepted before it, in ms. A client sends it
 * with the end of its handshake; one that keeps a connection in reserve sends none.
 */
const FIRST_REQUEST_MS = 500;

/** When a client may try another replica, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Stops a server in order. Connections that were just accepted get their first answer. Requests in progress are
 * completed. New requests over open connections get 503, so that clients try again over other connections. Health
 * checks are answered to the end.
 */
export class OrderlyStop {
  #inFlight = 0;
  #onIdle: () => void = () => undefined;
  readonly #connections: NewConnections;

  /** @param signal aborts when the service begins to stop. */
  constructor(fastify: FastifyInstance, connections: NewConnections, signal: AbortSignal) {
    this.#connections = connections;
    fastify.addHook('onRequest', (request, reply, done) => {
      if (signal.aborted && !isHealthCheck(infoOf(request).path)) {
        const details = { retryAfterSeconds: RETRY_AFTER_SECONDS };
        done(new ApiError('ServiceUnavailable', 'the server is shutting down, please try again', details));
        return;
      }
      this.#inFlight += 1;
      connections.used(request.raw.socket);
      // Emitted in every case: for complete answers, aborted ones and watches.
      reply.raw.once('close', () => {
        this.#inFlight -= 1;
        if (this.#inFlight === 0) this.#onIdle();
      });
      done();
    });
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (signal.aborted) reply.header('connection', 'close');
      done(null, payload);
    });
  }

  /** Before the signal aborts: resolves when no connection waits for its first request, or after a moment. */
  firstRequests(): Promise<void> {
    return this.#connections.settled(FIRST_REQUEST_MS);
  }

  /** Resolves when no request is in progress, or after `deadlineMs`. */
  async idle(deadlineMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
