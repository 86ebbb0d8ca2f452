import type { FastifyRequest } from 'fastify';
import type { Answer } from './answer.js';

/** A document that does not change while the process runs. `hash` is that of its content. */
export interface Document {
  body: string | Uint8Array;
  hash: string;
}

/** An answer of a document with its ETag; 304 for a client that has the document already. */
export function documentAnswer(
  request: FastifyRequest,
  { body, hash }: Document,
  contentType: string,
  headers: Record<string, string> = {},
): Answer {
  const etag = `"${hash}"`;
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  const isKnown = known.includes(etag) || known.includes('*');
  return {
    status: isKnown ? 304 : 200,
    payload: isKnown ? undefined : payloadOf(body),
    contentType,
    headers: { ...headers, etag, vary: 'Accept' },
  };
}

/** Bytes without a copy. */
const payloadOf = (body: string | Uint8Array): string | Buffer =>
  typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
