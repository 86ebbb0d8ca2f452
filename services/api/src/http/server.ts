import { randomUUID } from 'node:crypto';
import { createServer as createTlsServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Readiness } from '@everynode/service-shell';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ApiContext } from '../api-context.js';
import type { AuditLog } from '../audit/audit-log.js';
import { addAudit } from '../audit/audit-requests.js';
import { addImpersonation } from '../auth/impersonation.js';
import { addKeyRoutes } from '../auth/key-routes.js';
import { addAgentRevocation } from '../certificates/agent-revocation.js';
import { addDiscovery } from '../discovery/discovery-routes.js';
import { addExplain } from '../explain/explain-route.js';
import type { FairQueue } from '../fairness/fair-queue.js';
import { addOpenApi } from '../openapi/openapi-routes.js';
import { addResourceMetrics } from '../usage/resource-metrics-routes.js';
import { serveUpgrades } from '../websocket/upgrade-requests.js';
import { addAuthentication } from './authenticate.js';
import { addAuthorisation } from './authorise.js';
import { addBodyBytes } from './body-bytes.js';
import { type ConnectionTimes, followConnections, TLS_LIMITS, takeConnection } from './connection-limits.js';
import { readableContentType } from './content-type.js';
import { addErrors, sendError } from './errors.js';
import { addHealth } from './health-routes.js';
import { BODY_LIMIT } from './limits.js';
import { NewConnections } from './new-connections.js';
import { OrderlyStop } from './orderly-stop.js';
import { withoutPipelines } from './pipelines.js';
import { addMetrics } from './request-metrics.js';
import { addResources } from './resource-routes.js';
import { addTurns, type Turns } from './turns.js';
import { addVersion } from './version.js';

/** PEM texts. */
export interface TlsFiles {
  key: string;
  cert: string;
  clientCa: string;
  /** Of front proxies; undefined where there are none. */
  frontProxyCa?: string;
}

export interface ApiServer {
  fastify: FastifyInstance;
  /** The socket server. */
  https: Server;
  /** Serves a connection that another process has accepted. It comes paused, so that no byte is lost on the way. */
  takeConnection(socket: Socket): void;
  stop: OrderlyStop;
}

/** What the server needs beside the context of its requests. */
export interface ServerParts extends Turns {
  readiness: Readiness;
  /** Of the bodies in memory. */
  bytes: FairQueue;
  metrics: Registry;
  audit: AuditLog | undefined;
  times: ConnectionTimes;
}

/**
 * Makes the server, which does not listen yet. The hooks of one phase run in the order in which the parts are added;
 * metrics and audit act when a request is answered.
 */
export function buildServer(context: ApiContext, tls: TlsFiles, parts: ServerParts): ApiServer {
  const { log } = context;
  const { readiness, metrics, audit, times, bytes, loop } = parts;
  const https = createTlsServer({
    key: tls.key,
    cert: tls.cert,
    ca: tls.frontProxyCa === undefined ? tls.clientCa : [tls.clientCa, tls.frontProxyCa],
    requestCert: true,
    // A client without a certificate is answered with a Status, and not with a broken handshake.
    rejectUnauthorized: false,
    keepAliveTimeout: 75_000,
    ...TLS_LIMITS,
    ...times,
  });
  followConnections(https);
  const fastify = Fastify({
    serverFactory: (handler) => {
      serveUpgrades(https, handler);
      return https.on('request', withoutPipelines(handler));
    },
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    // Fastify's own 503 is no Status: see OrderlyStop.
    return503OnClosing: false,
    // A path that is no URL does not reach any route or hook.
    frameworkErrors: (error, request, reply) => {
      void sendError(log, error, request, reply);
    },
    genReqId: () => randomUUID(),
    routerOptions: { ignoreTrailingSlash: true },
  });
  fastify.decorateRequest('info', undefined);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    readableContentType(request);
    reply.header('audit-id', request.id);
    reply.header('cache-control', 'no-cache, private');
    done();
  });
  addErrors(fastify, log);
  addAuthentication(fastify, context);
  addImpersonation(fastify, context.authorization);
  const stop = new OrderlyStop(fastify, new NewConnections(https), context.signal);
  addAuthorisation(fastify, context.authorization);
  addMetrics(fastify, metrics);
  const onStreamBegun = audit && addAudit(fastify, audit);
  addBodyBytes(fastify, bytes, loop);
  addTurns(fastify, parts);

  addHealth(fastify, readiness);
  addVersion(fastify);
  addDiscovery(fastify);
  addOpenApi(fastify);
  addKeyRoutes(fastify, context.tokens);
  addExplain(fastify, context);
  addResourceMetrics(fastify, context);
  addAgentRevocation(fastify, context);
  addResources(fastify, context, onStreamBegun ?? (() => undefined));
  return { fastify, https, stop, takeConnection: (socket) => takeConnection(https, socket, loop) };
}
