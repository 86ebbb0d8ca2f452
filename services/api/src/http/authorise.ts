import { isPrivileged, type ResourceAttributes } from '@everynode/authorization';
import { ApiError } from '@everynode/objects';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authorization } from '../auth/authorization.js';
import type { Identity } from '../auth/identity.js';
import { attributesOf } from '../auth/request-attributes.js';
import { infoOf } from './request-info.js';

/**
 * Refuses what a client may not do, before the body of its request is read. Authentication has refused those without an
 * identity. Source: apiserver/pkg/endpoints/filters/authorization.go.
 */
export function addAuthorisation(fastify: FastifyInstance, authorization: Authorization): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const identity = requireIdentity(request);
    // An administrator is asked nothing: most requests of a small cluster are its own.
    if (authorization.allowsAll || isPrivileged(identity)) {
      done();
      return;
    }
    try {
      const attributes = attributesOf(request.method, infoOf(request), identity);
      authorization.require(attributes);
      if (attributes.kind === 'resource' && opensStream(attributes)) {
        authorization.require({ ...attributes, verb: 'create' });
      }
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

const STREAMS: readonly string[] = ['attach', 'exec', 'portforward'];

/**
 * A WebSocket is opened with GET, and does what a POST does: it needs both verbs. Source:
 * pkg/registry/core/pod/rest/subresources.go, AuthorizePodWebsocketUpgradeCreatePermission.
 */
const opensStream = ({ verb, group, resource, subresource }: ResourceAttributes): boolean =>
  verb === 'get' && group === '' && resource === 'pods' && STREAMS.includes(subresource);

/** @throws ApiError Unauthorized for a request without an identity. */
export function requireIdentity({ identity }: FastifyRequest): Identity {
  if (!identity) throw new ApiError('Unauthorized', 'Unauthorized');
  return identity;
}
