import { ApiError, resourcesVersion } from '@everynode/objects';
import {
  OPENAPI_V2_PROTOBUF,
  OPENAPI_V2_PROTOBUF_ACCEPTED,
  OPENAPI_V3_PROTOBUF,
  OPENAPI_V3_PROTOBUF_ACCEPTED,
  OpenApiDocuments,
  readDescriptions,
} from '@everynode/openapi';
import type { FastifyInstance } from 'fastify';
import { SERVED } from '../discovery/discovery-routes.js';
import { parseAccept } from '../http/accept.js';
import type { Answer } from '../http/answer.js';
import { documentAnswer } from '../http/document.js';
import { infoOf } from '../http/request-info.js';
import { unknownPath } from '../http/resource-path.js';

const V3 = '/openapi/v3/';
const YEAR_MS = 365 * 24 * 3600 * 1000;
const JSON_RANGES = ['application/json', 'application/*', '*/*'];

/**
 * Returns the first wanted form that exists. Parameters of media types are ignored, as in upstream's handler.
 * @throws ApiError NotAcceptable where no wanted form exists.
 */
function formOf(accept: string | undefined, protobuf: readonly string[]): 'json' | 'protobuf' {
  for (const { type } of parseAccept(accept || '*/*')) {
    if (JSON_RANGES.includes(type)) return 'json';
    if (protobuf.includes(type)) return 'protobuf';
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: application/json, ${protobuf[0]}`);
}

/** GET /openapi/v2, /openapi/v3 and the documents under it. Source: kube-openapi pkg/handler, pkg/handler3. */
export function addOpenApi(fastify: FastifyInstance): void {
  let version = resourcesVersion();
  let made = new OpenApiDocuments(SERVED, readDescriptions);
  /** Made anew when other resources are served. */
  const documents = (): OpenApiDocuments => {
    if (version !== resourcesVersion()) {
      version = resourcesVersion();
      made = new OpenApiDocuments(SERVED, readDescriptions);
    }
    return made;
  };

  fastify.get('/openapi/v2', (request) =>
    formOf(request.headers.accept, OPENAPI_V2_PROTOBUF_ACCEPTED) === 'protobuf'
      ? documentAnswer(request, documents().v2Protobuf(), OPENAPI_V2_PROTOBUF)
      : documentAnswer(request, documents().v2(), 'application/json'),
  );

  // Upstream names no type for the index, and Go's server finds that it is text. It looks at no method.
  fastify.all('/openapi/v3', (request) => documentAnswer(request, documents().v3Index(), 'text/plain; charset=utf-8'));

  fastify.get(`${V3}*`, (request): Answer => {
    const { path, query } = infoOf(request);
    const name = path.slice(V3.length);
    const form = formOf(request.headers.accept, OPENAPI_V3_PROTOBUF_ACCEPTED);
    const contentType = form === 'protobuf' ? OPENAPI_V3_PROTOBUF : 'application/json';
    const document = form === 'protobuf' ? documents().v3Protobuf(name) : documents().v3(name);
    if (!document) throw unknownPath();
    const hash = query.text('hash');
    if (hash === undefined) return documentAnswer(request, document, contentType);
    // A URL with a hash never changes its content; one with an old hash is redirected to the new.
    if (hash !== document.hash) {
      const headers = { location: `${path}?hash=${document.hash}` };
      return { status: 301, payload: undefined, contentType, headers };
    }
    const expires = new Date(Date.now() + YEAR_MS).toUTCString();
    return documentAnswer(request, document, contentType, { 'cache-control': 'public, immutable', expires });
  });
}
