import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  contentHash,
  groupVersionPath,
  groupVersions,
  postedKinds,
  resources,
  resourcesVersion,
  type ServedApi,
} from '@everynode/objects';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MethodNotAllowed } from '../dispatch/verbs.js';
import { parseAccept } from '../http/accept.js';
import type { Answer } from '../http/answer.js';
import { type Document, documentAnswer } from '../http/document.js';
import { negotiate, PROTOBUF, requireProduced } from '../http/negotiate.js';
import { infoOf } from '../http/request-info.js';
import { unknownPath } from '../http/resource-path.js';
import { toYaml } from '../present/text-form.js';
import { encodeMessage } from '../protobuf/codec.js';
import { wrap } from '../protobuf/envelope.js';

export const SERVED: ServedApi = { resources, postedKinds };

/** Documents, each made once, and made anew when other resources are served. */
class DocumentCache {
  readonly #documents = new Map<string, Document>();
  #version = resourcesVersion();

  /** @param make returns undefined where there is no such document. */
  of(key: string, make: () => string | Uint8Array | undefined): Document | undefined {
    if (this.#version !== resourcesVersion()) {
      this.#version = resourcesVersion();
      this.#documents.clear();
    }
    const known = this.#documents.get(key);
    if (known) return known;
    const body = make();
    if (body === undefined) return undefined;
    const document = { body, hash: contentHash(body) };
    this.#documents.set(key, document);
    return document;
  }
}

/** Lists for the oldest clients have no apiVersion; they are of `v1` like the others. */
interface Classic {
  kind: string;
  apiVersion?: 'v1';
}

function written(value: Classic, encoding: 'json' | 'yaml' | 'protobuf'): string | Uint8Array {
  if (encoding === 'json') return JSON.stringify(value);
  if (encoding === 'yaml') return toYaml(JSON.stringify(value));
  const message = `k8s.io.apimachinery.pkg.apis.meta.v1.${value.kind}`;
  return wrap({ apiVersion: 'v1', kind: value.kind }, encodeMessage(message, value));
}

const CONTENT_TYPES = { json: 'application/json', yaml: 'application/yaml', protobuf: PROTOBUF } as const;

/** Paths that upstream serves beside its routes: with any method, and for any Accept header that it can negotiate. */
const UNROUTED = /^\/apis(\/[^/]*)?\/?$/;

/** GET /, /api, /apis, /apis/GROUP and the resources of each version, classic and aggregated (KEP-3352). */
export function addDiscovery(fastify: FastifyInstance): void {
  const documents = new DocumentCache();

  const classicAnswer = (request: FastifyRequest, key: string, make: () => Classic | undefined): Answer => {
    const { path } = infoOf(request);
    const { accept } = request.headers;
    if (!UNROUTED.test(path)) requireProduced(accept, 'objects');
    const { encoding } = negotiate(accept, { plain: true });
    const document = documents.of(`${key} ${encoding}`, () => {
      const value = make();
      return value && written(value, encoding);
    });
    if (!document) throw unknownPath();
    if (!['GET', 'HEAD'].includes(request.method) && !UNROUTED.test(path)) throw new MethodNotAllowed(['GET']);
    return documentAnswer(request, document, CONTENT_TYPES[encoding]);
  };

  const root = (path: '/api' | '/apis', classic: (request: FastifyRequest) => Classic): void => {
    fastify.all(path, (request) => {
      const version = aggregatedVersion(request.headers.accept);
      if (!version) return classicAnswer(request, `${path} ${addressOf(request)}`, () => classic(request));
      const document = documents.of(`${path} ${version}`, () =>
        JSON.stringify(aggregatedDiscovery(SERVED, path, version)),
      ) as Document;
      const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
      return documentAnswer(request, document, type);
    });
  };
  root('/api', (request) => apiVersions(SERVED, addressOf(request)));
  root('/apis', () => apiGroupList(SERVED));

  fastify.all<{ Params: { group: string } }>('/apis/:group', (request) => {
    const { group } = request.params;
    return classicAnswer(request, `group ${group}`, () => apiGroup(SERVED, group));
  });
  fastify.all<{ Params: { version: string } }>('/api/:version', (request) =>
    resourcesAnswer(request, { group: '', version: request.params.version }),
  );
  fastify.all<{ Params: { group: string; version: string } }>('/apis/:group/:version', (request) =>
    resourcesAnswer(request, request.params),
  );
  function resourcesAnswer(request: FastifyRequest, of: { group: string; version: string }): Answer {
    return classicAnswer(request, `resources ${of.group}/${of.version}`, () => apiResourceList(SERVED, of));
  }

  fastify.get('/', (request) => {
    const paths = documents.of('/', () => JSON.stringify({ paths: rootPaths() })) as Document;
    return documentAnswer(request, paths, 'application/json');
  });
}

/** The server's address on this connection: one of a few, whatever name the client used. */
const addressOf = ({ socket }: FastifyRequest): string => `${socket.localAddress ?? ''}:${socket.localPort ?? ''}`;

/** The paths that `kubectl get --raw /` lists. */
function rootPaths(): string[] {
  const groups = groupVersions(SERVED);
  const paths = groups.flatMap((one) => {
    const path = `/${groupVersionPath(one)}`;
    return one.group === '' ? [path] : [`/apis/${one.group}`, path];
  });
  const others = ['/.well-known/openid-configuration', '/api', '/apis', '/healthz', '/livez', '/openapi/v2'];
  return [...paths, ...others, '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version'].sort();
}

/** The version of aggregated discovery, where the client wants that before any other form. */
function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== 'application/json') continue;
    if (parameters.as !== 'APIGroupDiscoveryList' || parameters.g !== 'apidiscovery.k8s.io') return undefined;
    if (parameters.v === 'v2' || parameters.v === 'v2beta1') return parameters.v;
  }
  return undefined;
}
