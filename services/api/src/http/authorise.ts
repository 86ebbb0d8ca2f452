import { type Attributes, forbidden, isPrivileged, type ResourceAttributes } from '@everynode/authorization';
import { ApiError } from '@everynode/objects';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authorization } from '../auth/authorization.js';
import type { Identity } from '../auth/identity.js';
import { attributesOf } from '../auth/request-attributes.js';
import { infoOf } from './request-info.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What authorisation has decided; undefined for a request that was refused before. */
    access: Access | undefined;
  }
}

/** For the audit log, in the words of upstream's annotations. */
interface Access {
  decision: 'allow' | 'forbid';
  reason: string;
}

const PRIVILEGED: Access = { decision: 'allow', reason: '' };

/**
 * Refuses what a client may not do, before the body of its request is read. Authentication has refused those without an
 * identity. Source: apiserver/pkg/endpoints/filters/authorization.go.
 */
export function addAuthorisation(fastify: FastifyInstance, authorization: Authorization): void {
  fastify.decorateRequest('access', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const identity = requireIdentity(request);
    // An administrator is asked nothing: most requests of a small cluster are its own.
    if (authorization.allowsAll || isPrivileged(identity)) {
      request.access = PRIVILEGED;
      done();
      return;
    }
    done(refusalOf(request, authorization, identity));
  });
}

/** Returns the answer to a request that is not allowed; undefined for one that is. */
function refusalOf(request: FastifyRequest, authorization: Authorization, identity: Identity): ApiError | undefined {
  const asked = attributesOf(request.method, infoOf(request), identity);
  const opens = asked.kind === 'resource' && opensStream(asked);
  const questions: Attributes[] = opens ? [asked, { ...asked, verb: 'create' }] : [asked];
  for (const question of questions) {
    const { verdict, reason } = authorization.decide(question);
    request.access = { decision: verdict === 'allow' ? 'allow' : 'forbid', reason };
    if (verdict !== 'allow') return forbidden(question, reason);
  }
  return undefined;
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
