import { ApiError } from '@everynode/objects';
import type { FastifyInstance } from 'fastify';
import { isHealthCheck } from './health-routes.js';
import { infoOf } from './request-info.js';

/** When a client may try another replica, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Stops a server in order. Requests in progress are completed. New requests over open connections get 503, so that
 * clients try again over other connections. Health checks are answered to the end.
 */
export class OrderlyStop {
  #inFlight = 0;
  #onIdle: () => void = () => undefined;

  /** @param signal aborts when the service begins to stop. */
  constructor(fastify: FastifyInstance, signal: AbortSignal) {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (signal.aborted && !isHealthCheck(infoOf(request).path)) {
        const details = { retryAfterSeconds: RETRY_AFTER_SECONDS };
        done(new ApiError('ServiceUnavailable', 'the server is shutting down, please try again', details));
        return;
      }
      this.#inFlight += 1;
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
