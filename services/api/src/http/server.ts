import { randomUUID } from 'node:crypto';
import { createServer as createTlsServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { ApiError } from '@everynode/objects';
import type { Readiness } from '@everynode/service-shell';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { ApiContext } from '../api-context.js';
import type { AuditedRequest, AuditLog } from '../audit/audit-log.js';
import { type Identity, identityOf } from '../auth/client-identity.js';
import { addKeyRoutes, OPEN_KEY_PATHS } from '../auth/key-routes.js';
import { authenticateToken, TokenRefusedError } from '../auth/token-authentication.js';
import { addCustomResources } from '../discovery/custom-resources.js';
import { addDiscovery } from '../discovery/discovery-routes.js';
import { MethodNotAllowed, type ResourceAnswer, serveResource, verbOf } from '../dispatch/dispatch.js';
import { servePostedKind } from '../dispatch/posted-kind.js';
import { EXPLAIN_MANIFEST_PATH, EXPLAIN_PATH, explain, explainManifest } from '../explain/explain-route.js';
import type { FairQueue } from '../fairness/fair-queue.js';
import { addOpenApi } from '../openapi/openapi-routes.js';
import { formOf } from '../present/presenter-for.js';
import { statusProtobuf } from '../present/protobuf-presenter.js';
import { ReplySink, type WatchSink } from '../watch/watch-sink.js';
import { Body } from './body.js';
import { addHealth, isHealthCheck } from './health-routes.js';
import { negotiate, PROTOBUF, type Representation, wantsPretty } from './negotiate.js';
import { OrderlyStop } from './orderly-stop.js';
import { Query } from './query.js';
import { Deadline, requestMsOf } from './request-deadline.js';
import { requestMetrics } from './request-metrics.js';
import { parsePostedPath, parseResourcePath, type ResourcePath, unknownPath } from './resource-path.js';
import { bytesOf, sendPayload } from './send-document.js';
import { sendPieces } from './send-pieces.js';
import { statusOfStoreError } from './store-errors.js';
import { version } from './version.js';
import { warningHeaders } from './warning-headers.js';

const BODY_LIMIT = 3 * 1024 * 1024;

export interface TlsFiles {
  key: string;
  cert: string;
  clientCa: string;
}

export interface ApiServer {
  fastify: FastifyInstance;
  /** The socket server: connections that come by other ways are emitted on it. */
  https: Server;
  stop: OrderlyStop;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose certificate came with the connection, or whose token with the request; undefined without either. */
    identity: Identity | undefined;
  }
}

/** Paths that anybody may read. */
const ANONYMOUS = new Set(['/version', ...OPEN_KEY_PATHS]);

/** What the server leans on beside the context of its requests. */
export interface ServerParts {
  readiness: Readiness;
  metrics: Registry;
  queue: FairQueue;
  audit: AuditLog | undefined;
  /** The longest that a request may take which is no watch, in ms. */
  requestMs: number;
}

export function buildServer(context: ApiContext, tls: TlsFiles, parts: ServerParts): ApiServer {
  const { readiness, metrics, queue, audit, requestMs } = parts;
  let https: Server | undefined;
  const fastify = Fastify({
    serverFactory: (handler) => {
      https = createTlsServer(
        {
          key: tls.key,
          cert: tls.cert,
          ca: tls.clientCa,
          requestCert: true,
          // Who has no certificate is answered with a Status, not with a broken handshake.
          rejectUnauthorized: false,
          keepAliveTimeout: 75_000,
        },
        handler,
      );
      return https;
    },
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    // Its own 503 is no Status: see OrderlyStop.
    return503OnClosing: false,
    // Paths that are no URLs never reach a route.
    frameworkErrors: (error, request, reply) => {
      void sendError(context, error, request, reply);
    },
    genReqId: () => randomUUID(),
    routerOptions: { ignoreTrailingSlash: true },
  });
  const observe = requestMetrics(metrics);
  fastify.decorateRequest('identity', undefined);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    request.identity = identityOf(request.raw.socket as TLSSocket);
    reply.header('audit-id', request.id);
    reply.header('cache-control', 'no-cache, private');
    const token = bearerToken(request);
    // A certificate goes first, as upstream; most requests come with one.
    if (request.identity || token === undefined) done();
    else {
      holderOf(context, token).then((holder) => {
        request.identity = holder;
        done();
      }, done);
    }
  });
  const stop = new OrderlyStop(fastify, context.signal);
  fastify.setErrorHandler((error, request, reply) => sendError(context, error, request, reply));
  fastify.setNotFoundHandler((request, reply) => sendError(context, unknownPath(), request, reply));

  fastify.addHook('onResponse', (request, reply, done) => {
    observe(request.method, request.url, reply.statusCode, reply.elapsedTime / 1000);
    audit?.record(auditedRequest(request, reply));
    done();
  });
  fastify.addHook('preHandler', (request, _reply, done) => {
    const path = pathOf(request);
    if (!ANONYMOUS.has(path) && !isHealthCheck(path)) identify(request);
    done();
  });

  addHealth(fastify, readiness);
  fastify.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  fastify.get('/version', (request, reply) => sendPayload(request, reply, JSON.stringify(version), 'application/json'));
  addDiscovery(fastify);
  addOpenApi(fastify);
  addKeyRoutes(fastify, context.tokens);
  addCustomResources(fastify, context);
  fastify.get<{ Params: { namespace: string; name: string } }>(EXPLAIN_PATH, async (request, reply) => {
    const explanation = await explain(context, request.params, new Query(searchOf(request)));
    return await sendPayload(request, reply, JSON.stringify(explanation), 'application/json');
  });
  fastify.post<{ Params: { namespace: string } }>(EXPLAIN_MANIFEST_PATH, async (request, reply) => {
    const query = new Query(searchOf(request));
    const { explanation, warnings } = await explainManifest(context, request.params.namespace, bodyOf(request), query);
    const payload = JSON.stringify(explanation);
    return await sendAnswer(request, reply, { status: 200, payload, contentType: 'application/json', warnings });
  });
  for (const prefix of ['/api/*', '/apis/*']) {
    fastify.all(prefix, (request, reply) => serveInTurn(context, { queue, audit, requestMs }, request, reply));
  }
  if (!https) throw new Error('fastify made no server');
  return { fastify, https, stop };
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}

function searchOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?');
  return at < 0 ? '' : request.url.slice(at + 1);
}

function bearerToken({ headers: { authorization } }: FastifyRequest): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** Whose token it is; undefined for a token that is not taken, which is as good as none. */
async function holderOf(context: ApiContext, token: string): Promise<Identity | undefined> {
  try {
    return (await authenticateToken(context, token)).identity;
  } catch (error) {
    if (error instanceof TokenRefusedError) return undefined;
    throw error;
  }
}

function identify(request: FastifyRequest): Identity {
  const { identity } = request;
  if (!identity) throw new ApiError('Unauthorized', 'Unauthorized');
  return identity;
}

/**
 * Requests get seats in turn by client, and have to be done in time. A watch gives its seat back when it has written what
 * was there at its beginning; from then on it costs what changes cost.
 */
async function serveInTurn(
  context: ApiContext,
  { queue, audit, requestMs }: Pick<ServerParts, 'queue' | 'audit' | 'requestMs'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = new Query(searchOf(request));
  const path = resourcePathOf(pathOf(request));
  const watches = path !== undefined && verbOf(request.method, path, query.flag('watch')) === 'watch';
  const deadline = watches ? undefined : new Deadline(requestMsOf(query, requestMs));
  const leave = await queue.enter(`${identify(request).user} ${request.headers['user-agent'] ?? ''}`);
  try {
    const serving = serveApi(context, request, path, query, {
      onWatchStarted: leave,
      openSink: () => new ReplySink(reply, () => audit?.record(auditedRequest(request, reply, 'ResponseStarted'))),
    });
    const answer = await (deadline ? deadline.keep(serving) : serving);
    if (!answer) return reply;
    const sending = sendAnswer(request, reply, answer);
    deadline?.onPassed(() => reply.raw.destroy());
    return await sending;
  } finally {
    deadline?.clear();
    leave();
  }
}

function auditedRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  stage: AuditedRequest['stage'] = 'ResponseComplete',
): AuditedRequest {
  const { identity } = request;
  const path = resourcePathOf(pathOf(request));
  const watch = new Query(searchOf(request)).flag('watch');
  return {
    id: request.id,
    stage,
    verb: (path && verbOf(request.method, path, watch)) ?? request.method.toLowerCase(),
    uri: request.url,
    user: identity && { username: identity.user, groups: identity.groups },
    address: request.ip,
    userAgent: request.headers['user-agent'],
    path,
    code: reply.raw.statusCode,
    receivedAt: Math.round(Date.now() - reply.elapsedTime),
  };
}

/** What the path names; undefined for one that is no resource's. */
function resourcePathOf(path: string): ResourcePath | undefined {
  try {
    return /^\/apis?\//.test(path) ? parseResourcePath(path) : undefined;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

async function serveApi(
  context: ApiContext,
  request: FastifyRequest,
  path: ResourcePath | undefined,
  query: Query,
  { onWatchStarted, openSink }: { onWatchStarted: () => void; openSink: () => WatchSink },
): Promise<ResourceAnswer | undefined> {
  const body = bodyOf(request);
  const { method } = request;
  const { accept } = request.headers;
  const at = path ? undefined : parsePostedPath(pathOf(request));
  if (at) return await servePostedKind(context, { method, at, identity: identify(request), body, query, accept });
  return await serveResource(
    context,
    {
      method,
      path: path ?? parseResourcePath(pathOf(request)),
      query,
      accept,
      userAgent: request.headers['user-agent'],
      body,
      onWatchStarted,
    },
    openSink,
  );
}

function bodyOf(request: FastifyRequest): Body {
  const body: unknown = request.body;
  return new Body(Buffer.isBuffer(body) ? body : Buffer.alloc(0), request.headers['content-type']);
}

async function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: ResourceAnswer): Promise<FastifyReply> {
  // A header each, set at once: setting one again takes the place of the one before.
  const warnings = warningHeaders(answer.warnings ?? []);
  if (warnings.length > 0) reply.header('warning', warnings);
  reply.code(answer.status);
  const { payload, contentType } = answer;
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
    return await sendPayload(request, reply, payload, contentType);
  }
  return await sendPieces(request, reply, payload, contentType);
}

/** Every error is a Status. What is no ApiError is a fault of ours: it is logged, and its text stays here. */
function sendError(context: ApiContext, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asApiError(error);
  if (!known) context.log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
  const status = (
    known ??
    new ApiError('InternalError', 'an internal error occurred, see the log of the api', undefined, { cause: error })
  ).toStatus();
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (known instanceof MethodNotAllowed) reply.header('allow', known.allow.join(', '));
  reply.code(status.code);
  const { encoding, pretty } = formForStatus(request);
  if (encoding === 'protobuf') return reply.type(PROTOBUF).send(statusProtobuf(status));
  const form = formOf({ encoding, pretty });
  return reply.type(form.contentType).send(bytesOf(form.one(JSON.stringify(status))));
}

/** An Accept header that asks for nothing that is served is answered in JSON. */
function formForStatus(request: FastifyRequest): Pick<Representation, 'encoding' | 'pretty'> {
  const { accept, 'user-agent': userAgent } = request.headers;
  const pretty = wantsPretty(new Query(searchOf(request)).text('pretty'), userAgent);
  try {
    const wanted = negotiate(accept);
    return { encoding: wanted.encoding, pretty: pretty || wanted.pretty };
  } catch {
    return { encoding: 'json', pretty };
  }
}

function asApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  const ofStore = statusOfStoreError(error);
  if (ofStore) return ofStore;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 413)
    return new ApiError('RequestEntityTooLarge', `Request entity is too large: limit is ${BODY_LIMIT}`);
  if (statusCode === 415) return new ApiError('UnsupportedMediaType', message ?? 'unsupported media type');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ApiError('BadRequest', message ?? 'bad request');
  return undefined;
}
