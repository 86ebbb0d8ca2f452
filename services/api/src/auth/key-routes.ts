import type { FastifyInstance } from 'fastify';
import type { Answer } from '../http/answer.js';
import { ISSUER, type ServiceAccountTokens } from './service-account-tokens.js';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';
const ONE_HOUR = 'public, max-age=3600';

/**
 * Serves what other services need to check tokens of service accounts. Both paths need an identity, as upstream, whose
 * role system:service-account-issuer-discovery names them. Source: pkg/serviceaccount/openidmetadata.go.
 */
export function addKeyRoutes(fastify: FastifyInstance, tokens: ServiceAccountTokens): void {
  const answer = (contentType: string, value: object): Answer => ({
    status: 200,
    payload: JSON.stringify(value),
    contentType,
    headers: { 'cache-control': ONE_HOUR },
  });
  fastify.get(CONFIGURATION, ({ socket }) =>
    answer('application/json', {
      issuer: ISSUER,
      jwks_uri: `https://${socket.localAddress ?? ''}:${socket.localPort ?? ''}${KEYS}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: tokens.algorithms,
    }),
  );
  fastify.get(KEYS, async () => answer('application/jwk-set+json', await tokens.jwks()));
}
