import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { infoOf } from '../http/request-info.js';
import { type AuditedRequest, type AuditLog, auditedUser } from './audit-log.js';

/** Records every request when it is answered. */
export function addAudit(fastify: FastifyInstance, audit: AuditLog): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    audit.record(auditedRequest(request, reply, 'ResponseComplete'));
    done();
  });
}

export function auditedRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  stage: AuditedRequest['stage'],
): AuditedRequest {
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
