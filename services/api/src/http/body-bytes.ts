import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { FairQueue, FairQueueLimits } from '../fairness/fair-queue.js';
import { flowOf } from '../fairness/flow.js';
import type { LoopTurns } from '../fairness/loop-turns.js';
import { BODY_LIMIT } from './limits.js';
import { CHUNK_LENGTH, CHUNK_MS } from './send-pieces.js';

/** The bytes of all bodies that are in memory. One client has at most half of them: ten bodies of the largest size. */
export const BODY_BYTES: FairQueueLimits = { seats: 64 * 1024 * 1024, queueLength: 1000, waitMs: 15_000 };

/**
 * Lets a request send its body when there is room for it. Until then nothing is read from its connection. The room is
 * free again when the request is answered: what is made of a body is larger than the body. A body of more than a chunk
 * is read at the client's turn, and charged beforehand: 3 MiB take the event loop as long as fifty small requests.
 */
export function addBodyBytes(fastify: FastifyInstance, bytes: FairQueue, loop: LoopTurns): void {
  fastify.addHook('preParsing', (request, reply, _payload, done) => {
    const size = sizeOf(request.headers);
    if (size === 0) {
      done();
      return;
    }
    const flow = flowOf(request.identity, request.ip);
    const taken = bytes.enter(flow, size);
    const proceed = (leave: () => void): void => {
      if (reply.raw.destroyed) leave();
      else reply.raw.once('close', leave);
      if (size <= CHUNK_LENGTH) {
        done();
        return;
      }
      void loop.run(flow, () => {
        loop.estimate(flow, (size / CHUNK_LENGTH) * CHUNK_MS);
        done();
      });
    };
    if (taken instanceof Promise) taken.then(proceed, done);
    else proceed(taken);
  });
}

/** A body without a length may have any, and one that is too long is refused before it is read. */
function sizeOf(headers: IncomingHttpHeaders): number {
  if (headers['transfer-encoding'] !== undefined) return BODY_LIMIT;
  return Math.min(BODY_LIMIT, Number(headers['content-length'] ?? 0));
}
