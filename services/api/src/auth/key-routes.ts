import type { FastifyInstance } from 'fastify';
import { bytesOf } from '../http/send-payload.js';
import { ISSUER, type ServiceAccountTokens } from './service-account-tokens.js';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';
const ONE_HOUR = 'public, max-age=3600';

/**
 * These paths need no identity: they contain no secret, and a service that checks tokens may not have a token itself.
 */
export const OPEN_KEY_PATHS: readonly string[] = [CONFIGURATION, KEYS];

/**
 * Serves what other services need to check tokens of service accounts. Source: pkg/serviceaccount/openidmetadata.go.
 */
export function addKeyRoutes(fastify: FastifyInstance, tokens: ServiceAccountTokens): void {
  fastify.get(CONFIGURATION, ({ socket }, reply) =>
    reply
      .type('application/json')
      .header('cache-control', ONE_HOUR)
      .send(
        bytesOf(
          JSON.stringify({
            issuer: ISSUER,
            jwks_uri: `https://${socket.localAddress ?? ''}:${socket.localPort ?? ''}${KEYS}`,
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: [tokens.algorithm],
          }),
        ),
      ),
  );
  fastify.get(KEYS, async (_request, reply) =>
    reply
      .type('application/jwk-set+json')
      .header('cache-control', ONE_HOUR)
      .send(bytesOf(JSON.stringify(await tokens.jwks()))),
  );
}
