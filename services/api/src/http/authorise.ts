import { ApiError } from '@everynode/objects';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Identity } from '../auth/client-identity.js';
import { isHealthCheck } from './health-routes.js';
import { infoOf } from './request-info.js';

/** Paths that need no identity. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/version']);

/**
 * Decides whether a client may do what it asks for: every client with an identity may do everything. This is the place
 * for a finer rule: `request.identity` is known here, and verb and target are those of `infoOf(request)`.
 */
export function addAuthorisation(fastify: FastifyInstance): void {
  fastify.addHook('preHandler', (request, _reply, done) => {
    const { path } = infoOf(request);
    if (!OPEN_PATHS.has(path) && !isHealthCheck(path)) requireIdentity(request);
    done();
  });
}

/** @throws ApiError Unauthorized for a request without an identity. */
export function requireIdentity({ identity }: FastifyRequest): Identity {
  if (!identity) throw new ApiError('Unauthorized', 'Unauthorized');
  return identity;
}
