import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { type Identity, identityOf } from '../auth/client-identity.js';
import { authenticateToken, TokenRefusedError } from '../auth/token-authentication.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** From the certificate of the connection or the token of the request; undefined without either. */
    identity: Identity | undefined;
  }
}

/** Finds out which client sends each request. It refuses none: see authorise.ts. */
export function addAuthentication(fastify: FastifyInstance, context: ApiContext): void {
  fastify.decorateRequest('identity', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.identity = identityOf(request.raw.socket as TLSSocket);
    const token = bearerToken(request);
    // A certificate comes before a token, as upstream; most requests have one.
    if (request.identity || token === undefined) {
      done();
      return;
    }
    identityOfToken(context, token).then((identity) => {
      request.identity = identity;
      done();
    }, done);
  });
}

function bearerToken({ headers: { authorization } }: FastifyRequest): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** A refused token counts as none. */
async function identityOfToken(context: ApiContext, token: string): Promise<Identity | undefined> {
  try {
    return (await authenticateToken(context, token)).identity;
  } catch (error) {
    if (error instanceof TokenRefusedError) return undefined;
    throw error;
  }
}
