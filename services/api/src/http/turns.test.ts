import { eventually } from '@everynode/test-kit';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { FairQueue } from '../fairness/fair-queue.js';
import { LoopTurns } from '../fairness/loop-turns.js';
import { addTurns, EXEMPT } from './turns.js';

/** One seat, and one request that waits for it. `open` answers all requests to /held. */
function server(requestMs = 60_000) {
  const queue = new FairQueue({ seats: 1, queueLength: 1, waitMs: 60_000 });
  const fastify = Fastify();
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  addTurns(fastify, { queue, loop: new LoopTurns(), requestMs });
  fastify.get('/held', async () => {
    await gate;
    const headers = { etag: '"held"', 'cache-control': 'public, immutable' };
    return { status: 200, payload: 'held', contentType: 'text/plain', headers };
  });
  fastify.get('/wrong', async () => ({ items: [] }));
  fastify.get('/streamed', async (request, reply) => {
    request.leaveSeat?.();
    await gate;
    return reply.send('streamed');
  });
  fastify.get('/exempt', EXEMPT, (_request, reply) => reply.send('exempt'));
  return { fastify, queue, open };
}

describe('a route', () => {
  it('has a seat for each request, and answers the next when that is free', async () => {
    const { fastify, queue, open } = server();
    const answers = [fastify.inject('/held'), fastify.inject('/held')];
    await eventually(() => expect([queue.occupied, queue.waiting]).toEqual([1, 1]));
    const refused = await fastify.inject('/held');
    expect(refused.body).toContain('too many requests');
    open();
    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(['held', 'held']);
    expect([queue.occupied, queue.waiting]).toEqual([0, 0]);
  });

  it('answers without a seat where it is exempt', async () => {
    const { fastify, queue, open } = server();
    const held = fastify.inject('/held');
    await eventually(() => expect(queue.occupied).toBe(1));
    expect((await fastify.inject('/exempt')).body).toBe('exempt');
    open();
    await held;
  });

  it('refuses a time limit that is none also where it is exempt', async () => {
    const { statusCode, body } = await server().fastify.inject('/exempt?timeout=soon');
    expect([statusCode, body]).toEqual([500, expect.stringContaining('time: invalid duration')]);
  });

  it('may return its seat before its answer is complete', async () => {
    const { fastify, queue, open } = server();
    const streamed = fastify.inject('/streamed');
    const held = fastify.inject('/held');
    await eventually(() => expect([queue.occupied, queue.waiting]).toEqual([1, 0]));
    open();
    expect((await Promise.all([streamed, held])).map(({ body }) => body)).toEqual(['streamed', 'held']);
    expect(queue.occupied).toBe(0);
  });

  it('is answered at its deadline, and its late result is dropped with its headers', async () => {
    const { fastify, queue, open } = server(20);
    const late = await fastify.inject('/held');
    expect(late.body).toContain('request did not complete within the allotted timeout');
    expect([late.headers.etag, late.headers['cache-control']]).toEqual([undefined, undefined]);
    expect(queue.occupied).toBe(0);
    open();
    const { body, headers } = await fastify.inject('/held');
    expect([body, headers.etag, headers['cache-control']]).toEqual(['held', '"held"', 'public, immutable']);
  });

  it('fails, and leaves its seat, when its handler returns anything but an answer', async () => {
    const { fastify, queue } = server();
    const { statusCode, body } = await fastify.inject('/wrong');
    expect([statusCode, body]).toEqual([500, expect.stringContaining('neither an answer nor the reply')]);
    expect(queue.occupied).toBe(0);
  });

  it('refuses a timeout that is no duration, and takes no seat for it', async () => {
    const { fastify, queue } = server();
    expect((await fastify.inject('/held?timeout=soon')).body).toContain('invalid timeout');
    expect(queue.occupied).toBe(0);
  });
});
