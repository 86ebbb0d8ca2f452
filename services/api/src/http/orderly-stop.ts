import { ApiError } from '@everynode/objects';
import type { FastifyInstance } from 'fastify';
import { isHealthCheck } from './health-routes.js';

/** After how long another replica may be asked, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * How a server that stops treats requests. What is being answered goes on; what comes over a connection that is still open is
 * told to come again, over another one. Health checks are answered to the end.
 */
export class OrderlyStop {
  #inFlight = 0;
  #onIdle: () => void = () => undefined;

  /** @param signal aborts when the service begins to stop. */
  constructor(fastify: FastifyInstance, signal: AbortSignal) {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (signal.aborted && !isHealthCheck(request.url.split('?', 1)[0] ?? '/')) {
        const details = { retryAfterSeconds: RETRY_AFTER_SECONDS };
        done(new ApiError('ServiceUnavailable', 'the server is shutting down, please try again', details));
        return;
      }
      this.#inFlight += 1;
      // Comes in any case, whoever ends the answer, and for watches too.
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

  /** Resolves when nothing is being answered any more, or after `deadlineMs`. */
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
