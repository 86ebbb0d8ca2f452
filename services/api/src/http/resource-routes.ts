import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DynamicAdmission, hasDynamicAdmission } from '../admission/dynamic/dynamic-admission.js';
import { Notes } from '../admission/notes.js';
import { isConnection } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import type { Identity } from '../auth/identity.js';
import { servePostedKind } from '../dispatch/posted-kind.js';
import type { ResponseStream } from '../dispatch/resource-request.js';
import { serveResource } from '../dispatch/serve-resource.js';
import { ReplySink } from '../watch/watch-sink.js';
import { opensWebSocket } from '../websocket/upgrade-requests.js';
import { WebSocketSink } from '../websocket/websocket-sink.js';
import type { Answer } from './answer.js';
import { requireIdentity } from './authorise.js';
import { bodyOf } from './body.js';
import { ClientConnection } from './client-connection.js';
import { infoOf } from './request-info.js';
import { writeLimitsOf } from './write-limits.js';

/** Called when a watch or another stream has sent its headers. */
export type OnStreamBegun = (request: FastifyRequest, reply: FastifyReply) => void;

/** Serves every resource, and the kinds that are posted and never stored. */
export function addResources(fastify: FastifyInstance, shared: ApiContext, onStreamBegun: OnStreamBegun): void {
  const serve = (request: FastifyRequest, reply: FastifyReply): Promise<Answer | undefined> => {
    const { method, headers } = request;
    const { accept, 'user-agent': userAgent } = headers;
    const { target, query } = infoOf(request);
    const identity = requireIdentity(request);
    const body = bodyOf(request, shared.bodies);
    const { work } = request;
    const own = work ? { ...shared, work } : shared;
    const isRead = method === 'GET' && !(target.kind === 'resource' && isConnection(target.path));
    const context = isRead ? own : contextOf(own, identity, request, reply);
    switch (target.kind) {
      case 'resource': {
        const { path, verb } = target;
        const stream = streamOf(request, reply, onStreamBegun);
        return serveResource(context, { path, verb, query, accept, userAgent, body, identity, stream });
      }
      case 'posted':
        return servePostedKind(context, { method, path: target.path, identity, body, query, accept, userAgent });
      case 'unknown':
        throw target.error;
    }
  };
  for (const prefix of ['/api/*', '/apis/*']) fastify.all(prefix, serve);
}

/** What a write has beside what all requests share. */
function contextOf(shared: ApiContext, identity: Identity, request: FastifyRequest, reply: FastifyReply): ApiContext {
  const notes = new Notes();
  request.admissionNotes = notes;
  const context: ApiContext = { ...shared, identity, notes, limits: writeLimitsOf(request, reply) };
  if (!hasDynamicAdmission(shared)) return context;
  const { dryRun } = infoOf(request).query;
  const dynamic = new DynamicAdmission(context, { dryRun, notes }, () => request.leaveSeat?.());
  return { ...context, dynamic };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What admission says about a write beside its answer. */
    admissionNotes?: Notes;
  }
}

function streamOf(request: FastifyRequest, reply: FastifyReply, onStreamBegun: OnStreamBegun): ResponseStream {
  const onBegun = (): void => onStreamBegun(request, reply);
  let connection: ClientConnection | undefined;
  return {
    // Made for streams alone: every request has this.
    get connection() {
      connection ??= new ClientConnection(reply, onBegun);
      return connection;
    },
    open: () => {
      const Sink = opensWebSocket(request.raw) ? WebSocketSink : ReplySink;
      return new Sink(reply, onBegun);
    },
    onStarted: () => request.leaveSeat?.(),
  };
}
