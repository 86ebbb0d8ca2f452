import type { CachedObject } from '@everynode/list-watch';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestWork } from '../fairness/request-work.js';
import type { Payload, Pieces, Presenter } from '../present/presenter.js';
import { sendPayload } from './send-payload.js';
import { sendPieces } from './send-pieces.js';
import { warningHeaders } from './warning-headers.js';

/**
 * The answer to a request. Handlers return it and do not touch the reply: a request that fails or passes its deadline
 * is then answered without the headers of the answer that it did not get.
 */
export interface Answer {
  status: number;
  /** Undefined for an answer without a body. */
  payload: Payload | Pieces | undefined;
  /** The type of the payload. */
  contentType: string;
  /** Headers that not every answer has, by name in lower case. */
  headers?: Record<string, string>;
  /** Texts for Warning headers, in order. */
  warnings?: string[];
}

/** An answer of one object. */
export function objectAnswer(presenter: Presenter, object: CachedObject, status = 200, warnings?: string[]): Answer {
  const { contentType } = presenter;
  return { status, payload: presenter.one(object), contentType, ...(warnings && { warnings }) };
}

/** An answer in JSON, for values that have no other form. */
export function jsonAnswer(value: object, warnings?: string[]): Answer {
  const payload = JSON.stringify(value);
  return { status: 200, payload, contentType: 'application/json', ...(warnings && { warnings }) };
}

const isOneText = (payload: Payload | Pieces): payload is Payload =>
  typeof payload === 'string' || Buffer.isBuffer(payload);

/** False for an answer whose payload is made piece by piece while it is sent. */
export const isWhole = ({ payload }: Answer): boolean => payload === undefined || isOneText(payload);

/**
 * Sends an answer, with what admission has to warn of: each text once, where the answer has placed it already.
 * Resolves when the answer is sent, or the client does not read it any more.
 */
export async function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  work: RequestWork,
): Promise<FastifyReply> {
  const { status, payload, contentType, headers } = answer;
  const warnings = [...(answer.warnings ?? []), ...(request.admissionNotes?.warnings ?? [])];
  if (headers) reply.headers(headers);
  // All values in one call: setting a header again replaces the one before.
  if (warnings.length > 0) reply.header('warning', warningHeaders(warnings));
  reply.code(status);
  if (payload === undefined) return await reply.send();
  if (isOneText(payload)) return await sendPayload(request, reply, payload, contentType);
  return await sendPieces(request, reply, { pieces: payload, type: contentType, work });
}
