import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { infoOf } from '../http/request-info.js';
import type { OnStreamBegun } from '../http/resource-routes.js';
import { type AuditedRequest, type AuditLog, auditedUser } from './audit-log.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** True from when the answer is a stream that has begun. */
    isAuditedStream: boolean;
  }
}

/** Records every request when it is answered, and returns what is to be called for a stream when it begins. */
export function addAudit(fastify: FastifyInstance, audit: AuditLog): OnStreamBegun {
  fastify.decorateRequest('isAuditedStream', false);
  fastify.addHook('onResponse', (request, reply, done) => {
    if (!request.isAuditedStream) audit.record(auditedRequest(request, reply, 'ResponseComplete'));
    done();
  });
  return (request, reply) => {
    request.isAuditedStream = true;
    audit.record(auditedRequest(request, reply, 'ResponseStarted'));
    // Fastify is told of no end where another protocol has the connection, or the client has gone away.
    reply.raw.once('close', () => audit.record(auditedRequest(request, reply, 'ResponseComplete')));
  };
}

function auditedRequest(request: FastifyRequest, reply: FastifyReply, stage: AuditedRequest['stage']): AuditedRequest {
  const { identity, impersonator, access } = request;
  const { target, verb } = infoOf(request);
  const user = impersonator ?? identity;
  return {
    id: request.id,
    stage,
    verb,
    uri: withoutTokens(request.url),
    user: user && auditedUser(user),
    impersonated: impersonator && identity && auditedUser(identity),
    access,
    annotations: request.admissionNotes?.annotations,
    address: request.ip,
    userAgent: request.headers['user-agent'],
    path: target.kind === 'resource' ? target.path : undefined,
    code: reply.raw.statusCode,
    receivedAt: Math.round(Date.now() - reply.elapsedTime),
  };
}

/** Upstream takes no token from a query either, but a client may put one there. */
const TOKEN = /([?&][^=&]*token=)[^&]+/gi;
const withoutTokens = (uri: string): string => (uri.includes('oken=') ? uri.replace(TOKEN, '$1[secret]') : uri);
