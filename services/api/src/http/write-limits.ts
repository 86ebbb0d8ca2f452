import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowOf } from '../fairness/flow.js';

/** Who changes something, and until when. The store looks at both right before it decides a write. */
export interface WriteLimits {
  /** In ms of the monotonic clock; undefined where the request has no deadline. */
  deadline: number | undefined;
  /** The client's, for turns. */
  flow: string;
  /** Aborts when the client hangs up before it has its answer. */
  signal: AbortSignal;
}

export function writeLimitsOf(request: FastifyRequest, reply: FastifyReply): WriteLimits {
  const client = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) client.abort();
  });
  // It may have hung up while the request waited for its turn.
  if (request.raw.socket.destroyed) client.abort();
  return { deadline: request.deadline, flow: flowOf(request.identity, request.ip), signal: client.signal };
}
