import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Smaller answers cost more to compress than to send (apiserver: 128 kB). */
export const GZIP_FROM = 128 * 1024;
const compress = promisify(gzip);

/** A document that does not change while the process runs. `hash` is that of its content. */
export interface Document {
  body: string | Uint8Array;
  hash: string;
}

/** Sends a document with its ETag, or 304 to a client that has it already. */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, hash }: Document,
  type: string,
): Promise<FastifyReply> {
  const etag = `"${hash}"`;
  reply.header('etag', etag).header('vary', 'Accept');
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) return reply.code(304).send();
  const payload = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return await sendPayload(request, reply.code(200), payload, type);
}

export async function sendPayload(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: string | Buffer,
  type: string,
): Promise<FastifyReply> {
  reply.header('content-type', type);
  if (payload.length < GZIP_FROM || !acceptsGzip(request)) return reply.send(bytesOf(payload));
  // Level 1, as upstream: most of the gain for a fraction of the time.
  reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding');
  return reply.send(await compress(payload, { level: 1 }));
}

export function acceptsGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
}

/** Bytes keep their content type. For text Fastify adds a charset to it, and upstream's JSON has none. */
export const bytesOf = (payload: string | Buffer): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;
