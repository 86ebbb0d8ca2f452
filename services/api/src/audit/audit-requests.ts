import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { infoOf } from '../http/request-info.js';
import type { AuditedRequest, AuditLog } from './audit-log.js';

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
  const { identity } = request;
  const { target, verb } = infoOf(request);
  return {
    id: request.id,
    stage,
    verb,
    uri: request.url,
    user: identity && { username: identity.user, groups: identity.groups },
    address: request.ip,
    userAgent: request.headers['user-agent'],
    path: target.kind === 'resource' ? target.path : undefined,
    code: reply.raw.statusCode,
    receivedAt: Math.round(Date.now() - reply.elapsedTime),
  };
}
