import type { CachedObject } from '@everynode/list-watch';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Payload, Pieces, Presenter } from '../present/presenter.js';
import { sendPayload } from './send-payload.js';
import { sendPieces } from './send-pieces.js';
import { warningHeaders } from './warning-headers.js';

/** The answer to a request. */
export interface Answer {
  status: number;
  payload: Payload | Pieces;
  contentType: string;
  /** Texts for Warning headers, in order. */
  warnings?: string[];
}

/** An answer of one object. */
export function objectAnswer(presenter: Presenter, object: CachedObject, status = 200, warnings?: string[]): Answer {
  const { contentType } = presenter;
  return { status, payload: presenter.one(object), contentType, ...(warnings && { warnings }) };
}

/** Resolves when the answer is sent, or the client does not read it any more. */
export async function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  const { status, payload, contentType, warnings } = answer;
  // All values in one call: setting a header again replaces the one before.
  if (warnings && warnings.length > 0) reply.header('warning', warningHeaders(warnings));
  reply.code(status);
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
    return await sendPayload(request, reply, payload, contentType);
  }
  return await sendPieces(request, reply, payload, contentType);
}
