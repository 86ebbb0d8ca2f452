import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { FairQueue } from '../fairness/fair-queue.js';
import { flowOf } from '../fairness/flow.js';
import type { LoopTurns } from '../fairness/loop-turns.js';
import { RequestWork } from '../fairness/request-work.js';
import { type Answer, isWhole, sendAnswer } from './answer.js';
import { Deadline, requestMsOf } from './request-deadline.js';
import { infoOf } from './request-info.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for routes that must answer while all seats are taken: health checks and metrics. */
    isExempt?: boolean;
  }
  interface FastifyRequest {
    /** The request's part of the event loop; undefined until it has a seat. */
    work: RequestWork | undefined;
    /** Returns the request's seat before the answer is complete. A watch calls it when it has begun. */
    leaveSeat: (() => void) | undefined;
    /** The time by which the request must be answered, in ms of the monotonic clock; undefined for a stream. */
    deadline: number | undefined;
  }
}

/** The seats of requests, and the time that each may take. */
export interface Turns {
  queue: FairQueue;
  loop: LoopTurns;
  /** The longest that a request other than a watch may take, in ms. */
  requestMs: number;
}

/**
 * Gives requests of every route that is added after this call a seat and a deadline. A handler returns its Answer,
 * which is sent within the same turn; or undefined, or the reply, when it has written the response by itself. Any other
 * value is a fault of the handler, and the request fails.
 */
export function addTurns(fastify: FastifyInstance, turns: Turns): void {
  fastify.decorateRequest('leaveSeat', undefined);
  fastify.decorateRequest('deadline', undefined);
  fastify.decorateRequest('work', undefined);
  fastify.addHook('onRoute', (route) => {
    const { handler } = route;
    if (route.config?.isExempt) {
      route.handler = (request, reply) => {
        requestMsOf(infoOf(request).query, turns.requestMs);
        return handler.call(fastify, request, reply);
      };
      return;
    }
    route.handler = (request, reply) => serveInTurn(fastify, turns, handler, request, reply);
  });
}

/** What a request costs the event loop beside its own work, in ms: TLS, HTTP, routing, authentication, audit. */
const REQUEST_MS = 0.1;

/** Requests that need no turn. */
export const EXEMPT = { config: { isExempt: true } };

/**
 * Requests get seats in turn by client, and must be answered in time. A watch returns its seat when its first objects
 * are written, and a way into a pod when the pod is found; from then on they only cost what they carry.
 */
async function serveInTurn(
  fastify: FastifyInstance,
  { queue, loop, requestMs }: Turns,
  handler: RouteHandlerMethod,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { query, isLongRunning } = infoOf(request);
  const deadline = isLongRunning ? undefined : new Deadline(requestMsOf(query, requestMs));
  request.deadline = deadline?.at;
  try {
    const flow = flowOf(request.identity, request.ip);
    request.leaveSeat = await queue.enter(flow);
    const work = new RequestWork(loop, flow);
    request.work = work;
    loop.estimate(flow, REQUEST_MS);
    const serving: Promise<unknown> = Promise.resolve(work.piece(() => handler.call(fastify, request, reply)));
    const answer = await (deadline ? deadline.keep(serving) : serving);
    if (answer === undefined || answer === reply) return reply;
    if (!isAnswer(answer)) throw new Error('the handler of a route returned neither an answer nor the reply');
    const send = () => sendAnswer(request, reply, answer, work);
    // An answer that is made piece by piece is charged for each piece.
    const sending = isWhole(answer) ? work.charge(send) : send();
    deadline?.onPassed(() => reply.raw.destroy());
    return await sending;
  } finally {
    deadline?.clear();
    request.leaveSeat?.();
  }
}

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && 'status' in value && 'payload' in value && 'contentType' in value;
