import type { TLSSocket } from 'node:tls';
import { ApiError } from '@everynode/objects';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { admitsAnonymous } from '../auth/anonymous-access.js';
import { identityOf } from '../auth/client-identity.js';
import { dropProxyHeaders, identityOfProxy } from '../auth/front-proxy.js';
import { ANONYMOUS, type Identity } from '../auth/identity.js';
import { type PresentedCertificate, presentedCertificate } from '../auth/presented-certificate.js';
import { authenticateToken, TokenRefusedError } from '../auth/token-authentication.js';
import { webSocketToken } from '../websocket/websocket-token.js';
import { infoOf } from './request-info.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request. Undefined only until authentication has run. */
    identity: Identity | undefined;
  }
}

/** A refused client's body up to this size is read and dropped, in bytes; beyond it the connection is closed. */
const DROPPED_BODY = 256 * 1024;

/**
 * Finds out which client sends each request, before its body is read. The first credential that holds counts, in
 * upstream's order: a proxy's headers, a client certificate, a token. A credential that does not hold is never taken
 * for none. Source: pkg/kubeapiserver/authenticator/config.go, New.
 */
export function addAuthentication(fastify: FastifyInstance, context: ApiContext): void {
  fastify.decorateRequest('identity', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    const found = identify(context, request);
    // Most requests come with a certificate, and have nothing to wait for.
    if (found instanceof Promise) found.then((identity) => admit(request, reply, identity, done), done);
    else admit(request, reply, found, done);
  });
}

/** Undefined for a client that must not be served. */
function identify(context: ApiContext, request: FastifyRequest): Identity | undefined | Promise<Identity | undefined> {
  const { frontProxies } = context.credentials;
  const { raw } = request;
  const socket = raw.socket as TLSSocket;
  const presented = presentedCertificate(socket);
  const now = Date.now();
  if (presented) {
    const identity =
      (frontProxies && identityOfProxy(frontProxies, presented, raw.rawHeaders, now)) ??
      identityOfClient(context, socket, presented, now);
    dropProxyHeaders(request.headers);
    if (identity) return identity;
  }
  const token = bearerToken(request);
  if (token !== undefined) return identityOfToken(context, token);
  if (presented || !admitsAnonymous(request.method, infoOf(request).path)) return undefined;
  return ANONYMOUS;
}

function identityOfClient(
  { credentials, revoked }: ApiContext,
  socket: TLSSocket,
  presented: PresentedCertificate,
  now: number,
): Identity | undefined {
  const identity = identityOf(presented, credentials.clients, now);
  return identity && revoked.admits(socket, identity.user, presented.certificate.serialNumber) ? identity : undefined;
}

function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  identity: Identity | undefined,
  done: (error?: Error) => void,
): void {
  request.identity = identity;
  if (identity) {
    done();
    return;
  }
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding !== undefined || Number(length ?? 0) > DROPPED_BODY) reply.header('connection', 'close');
  done(new ApiError('Unauthorized', 'Unauthorized'));
}

/** Any text after the scheme is a token, also one that cannot be right. Source: request/bearertoken/bearertoken.go. */
function bearerToken({ headers: { authorization }, raw }: FastifyRequest): string | undefined {
  return /^\s*bearer +(\S+)/i.exec(authorization ?? '')?.[1] ?? webSocketToken(raw);
}

async function identityOfToken(context: ApiContext, token: string): Promise<Identity | undefined> {
  try {
    return (await authenticateToken(context, token)).identity;
  } catch (error) {
    if (error instanceof TokenRefusedError) return undefined;
    throw error;
  }
}
