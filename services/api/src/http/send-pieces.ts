import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestWork } from '../fairness/request-work.js';
import type { Payload, Pieces } from '../present/presenter.js';
import { acceptsGzip, GZIP_FROM, sendPayload } from './send-payload.js';

/** The length of a chunk: in characters where its pieces are text, otherwise in bytes. */
export const CHUNK_LENGTH = 64 * 1024;
/** What a chunk costs the event loop beside its making, in ms: streams, TLS, the socket. Bodies cost the same. */
export const CHUNK_MS = 0.1;
/** What it takes a thread to compress a chunk, in ms. */
const GZIP_MS = 0.4;
/** How long making pieces may keep the event loop from other work, in ms. */
const SLICE_MS = 1;

/** A body that is made piece by piece. */
interface Body {
  pieces: Pieces;
  type: string;
  work: RequestWork;
}

/** Joins pieces to chunks. Pieces of text are joined as text and encoded once. */
class Chunks {
  readonly #pieces: Iterator<Payload>;
  #texts: string[] = [];
  #waiting: Buffer[] = [];
  #length = 0;
  isOver = false;

  constructor(pieces: Pieces) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  /** Returns the next chunk; undefined when there is none, or when its time is up before it is whole. */
  next(): Buffer | undefined {
    const until = performance.now() + SLICE_MS;
    do {
      const { done, value } = this.#pieces.next();
      if (done) {
        this.isOver = true;
        return this.#length > 0 ? this.#joined() : undefined;
      }
      this.#add(value);
      if (this.#length >= CHUNK_LENGTH) return this.#joined();
    } while (performance.now() < until);
    return undefined;
  }

  #add(piece: Payload): void {
    if (typeof piece === 'string') this.#texts.push(piece);
    else {
      this.#encode();
      this.#waiting.push(piece);
    }
    this.#length += piece.length;
  }

  #encode(): void {
    if (this.#texts.length > 0) this.#waiting.push(Buffer.from(this.#texts.join('')));
    this.#texts = [];
  }

  #joined(): Buffer {
    this.#encode();
    const chunk = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#length = 0;
    return chunk;
  }
}

/** Makes chunks at the turns of their request, which is charged for what becomes of them. */
async function* chunksOf({ pieces, work }: Body): AsyncGenerator<Buffer> {
  const chunks = new Chunks(pieces);
  while (!chunks.isOver) {
    const chunk = await work.piece(() => chunks.next());
    if (!chunk) continue;
    work.estimate(CHUNK_MS);
    yield chunk;
  }
}

/**
 * Sends a small body whole, with its length, and a large one while it is made. Resolves when it is sent or not read.
 */
export async function sendPieces(request: FastifyRequest, reply: FastifyReply, made: Body): Promise<FastifyReply> {
  const { type } = made;
  const chunks = chunksOf(made);
  const first: Buffer[] = [];
  let length = 0;
  for (let next = await chunks.next(); ; next = await chunks.next()) {
    if (next.done) return await sendPayload(request, reply, Buffer.concat(first), type);
    first.push(next.value);
    length += next.value.length;
    if (length >= GZIP_FROM) break;
  }
  const isCompressed = acceptsGzip(request);
  const onChunk = (): void => {
    if (isCompressed) made.work.spent(GZIP_MS);
  };
  const body = Readable.from(continued(first, chunks, onChunk), { objectMode: false, highWaterMark: 4 * CHUNK_LENGTH });
  reply.header('content-type', type);
  if (isCompressed) {
    reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding');
    const gzip = createGzip({ level: 1, chunkSize: CHUNK_LENGTH });
    body.once('error', (error) => gzip.destroy(error));
    gzip.once('close', () => body.destroy());
    void reply.send(body.pipe(gzip));
  } else void reply.send(body);
  await finished(reply.raw).catch(() => undefined);
  return reply;
}

async function* continued(
  first: Payload[],
  rest: AsyncGenerator<Buffer>,
  onChunk: () => void,
): AsyncGenerator<Payload> {
  for (const chunk of first) {
    onChunk();
    yield chunk;
  }
  for await (const chunk of rest) {
    onChunk();
    yield chunk;
  }
}
