import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Payload, Pieces } from '../present/presenter.js';
import { acceptsGzip, GZIP_FROM, sendPayload } from './send-payload.js';

/** The length of a chunk: in characters where its pieces are text, otherwise in bytes. */
const CHUNK_LENGTH = 64 * 1024;
/** How long making pieces may block the event loop, in ms. */
const SLICE_MS = 5;

/**
 * Joins pieces to chunks, and yields to the event loop in between. Pieces of text are joined as text and encoded once.
 */
async function* chunksOf(pieces: Pieces): AsyncGenerator<Buffer> {
  let texts: string[] = [];
  let waiting: Buffer[] = [];
  let length = 0;
  let since = performance.now();
  const join = (): Buffer => {
    if (texts.length > 0) waiting.push(Buffer.from(texts.join('')));
    const chunk = waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting);
    texts = [];
    waiting = [];
    length = 0;
    return chunk;
  };
  for (const piece of pieces) {
    if (typeof piece === 'string') texts.push(piece);
    else {
      if (texts.length > 0) waiting.push(Buffer.from(texts.join('')));
      texts = [];
      waiting.push(piece);
    }
    length += piece.length;
    if (length >= CHUNK_LENGTH) yield join();
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise(setImmediate);
    since = performance.now();
  }
  if (length > 0) yield join();
}

/**
 * Sends a small body whole, with its length, and a large one while it is made. Resolves when it is sent or not read.
 */
export async function sendPieces(
  request: FastifyRequest,
  reply: FastifyReply,
  pieces: Pieces,
  type: string,
): Promise<FastifyReply> {
  const chunks = chunksOf(pieces);
  const first: Buffer[] = [];
  let length = 0;
  for (let next = await chunks.next(); ; next = await chunks.next()) {
    if (next.done) return await sendPayload(request, reply, Buffer.concat(first), type);
    first.push(next.value);
    length += next.value.length;
    if (length >= GZIP_FROM) break;
  }
  const body = Readable.from(continued(first, chunks), { objectMode: false, highWaterMark: 4 * CHUNK_LENGTH });
  reply.header('content-type', type);
  if (acceptsGzip(request)) {
    reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding');
    const gzip = createGzip({ level: 1, chunkSize: CHUNK_LENGTH });
    body.once('error', (error) => gzip.destroy(error));
    gzip.once('close', () => body.destroy());
    void reply.send(body.pipe(gzip));
  } else void reply.send(body);
  await finished(reply.raw).catch(() => undefined);
  return reply;
}

async function* continued(first: Payload[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Payload> {
  yield* first;
  yield* rest;
}
