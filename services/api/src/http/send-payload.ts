import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Smaller answers cost more to compress than to send (apiserver: 128 kB). */
export const GZIP_FROM = 128 * 1024;
const compress = promisify(gzip);

export async function sendPayload(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: string | Buffer,
  type: string,
): Promise<FastifyReply> {
  reply.header('content-type', type);
  if (payload.length < GZIP_FROM || !acceptsGzip(request)) return reply.send(bytesOf(payload));
  // Level 1, as upstream: most of the gain for a fraction of the time.
  const compressed = await compress(payload, { level: 1 });
  return reply.header('content-encoding', 'gzip').header('vary', 'Accept-Encoding').send(compressed);
}

export function acceptsGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
}

/** Bytes keep their content type. For text Fastify adds a charset to it, and upstream's JSON has none. */
export const bytesOf = (payload: string | Buffer): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;
