import { ApiError } from '@everynode/objects';
import type { Logger } from '@everynode/service-shell';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MethodNotAllowed } from '../dispatch/verbs.js';
import { formOf } from '../present/presenter-for.js';
import { statusProtobuf } from '../present/protobuf-presenter.js';
import { BODY_LIMIT } from './limits.js';
import { negotiate, PROTOBUF, type Representation, wantsPretty } from './negotiate.js';
import { infoOf } from './request-info.js';
import { isClaimedByNone, unknownPath } from './resource-path.js';
import { bytesOf } from './send-payload.js';
import { statusOfStoreError } from './store-errors.js';
import { warningHeaders } from './warning-headers.js';

/** Answers every error with a Status. */
export function addErrors(fastify: FastifyInstance, log: Logger): void {
  fastify.setErrorHandler((error, request, reply) => sendError(log, error, request, reply));
  fastify.setNotFoundHandler((request, reply) => sendError(log, unknownPath(), request, reply));
}

/** What cannot be translated is a fault of this service: it is logged, and its text is not sent. */
export function sendError(log: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (isClaimedByNone(error, request.url)) {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
    return reply.code(404).headers(headers).send('404 page not found\n');
  }
  const known = asApiError(error);
  if (!known) log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
  const status = (
    known ??
    new ApiError('InternalError', 'an internal error occurred, see the log of the api', undefined, { cause: error })
  ).toStatus();
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (known instanceof MethodNotAllowed) reply.header('allow', known.allow.join(', '));
  const warnings = [...(known?.warnings ?? []), ...(request.admissionNotes?.warnings ?? [])];
  if (warnings.length > 0) reply.header('warning', warningHeaders(warnings));
  reply.code(status.code);
  const { encoding, pretty } = formForStatus(request);
  if (encoding === 'protobuf') return reply.type(PROTOBUF).send(statusProtobuf(status));
  const form = formOf({ encoding, pretty });
  return reply.type(form.contentType).send(bytesOf(form.one(JSON.stringify(status))));
}

/** An Accept header without a form that is served is answered in JSON. */
function formForStatus(request: FastifyRequest): Pick<Representation, 'encoding' | 'pretty'> {
  const { accept, 'user-agent': userAgent } = request.headers;
  const pretty = wantsPretty(infoOf(request).query.text('pretty'), userAgent);
  try {
    const wanted = negotiate(accept, { plain: true });
    return { encoding: wanted.encoding, pretty: pretty || wanted.pretty };
  } catch {
    return { encoding: 'json', pretty };
  }
}

/** Translates errors of the store and of Fastify; undefined for an error that is no answer to a client. */
function asApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  const ofStore = statusOfStoreError(error);
  if (ofStore) return ofStore;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${BODY_LIMIT}`);
  if (statusCode === 415) return new ApiError('UnsupportedMediaType', message ?? 'unsupported media type');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ApiError('BadRequest', message ?? 'bad request');
  return undefined;
}
