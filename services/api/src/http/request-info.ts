import { ApiError, type Verb } from '@everynode/objects';
import type { FastifyRequest } from 'fastify';
import { verbOf } from '../dispatch/verbs.js';
import { Query } from './query.js';
import {
  type PostedPath,
  parsePostedPath,
  parseResourcePath,
  type ResourcePath,
  unknownPath,
} from './resource-path.js';

/** What a path names. `unknown` carries the answer to it; routes of their own may be served under such paths. */
export type RequestTarget =
  | { kind: 'resource'; path: ResourcePath; verb: Verb | undefined }
  | { kind: 'posted'; path: PostedPath }
  | { kind: 'unknown'; error: ApiError };

/** A request's path and query, each read once. Source: apiserver/pkg/endpoints/request/requestinfo.go, RequestInfo. */
export class RequestInfo {
  /** Without the query. */
  readonly path: string;
  readonly query: Query;
  readonly #method: string;
  #target: RequestTarget | undefined;

  constructor(method: string, url: string) {
    const at = url.indexOf('?');
    this.path = at < 0 ? url : url.slice(0, at);
    this.query = new Query(at < 0 ? '' : url.slice(at + 1));
    this.#method = method;
  }

  /** Parsed when it is first read. */
  get target(): RequestTarget {
    this.#target ??= this.#parse();
    return this.#target;
  }

  /**
   * The verb as upstream's authorisation and audit name it; the method in lower case for a path that names nothing, and
   * for a method that the path does not have.
   */
  get verb(): string {
    const { target } = this;
    if (target.kind === 'resource' && target.verb) return target.verb;
    if (target.kind === 'posted' && this.#method === 'POST') return 'create';
    return this.#method.toLowerCase();
  }

  /** True for a request that takes as long as its client wants: a watch, a log, a way into a pod. */
  get isLongRunning(): boolean {
    const { target } = this;
    if (target.kind !== 'resource') return false;
    const { definition, subresource } = target.path;
    return (
      target.verb === 'watch' || definition.subresources.some(({ name, isStream }) => isStream && name === subresource)
    );
  }

  #parse(): RequestTarget {
    const { path } = this;
    if (!/^\/apis?\//.test(path)) return { kind: 'unknown', error: unknownPath() };
    try {
      const resource = parseResourcePath(path);
      return { kind: 'resource', path: resource, verb: verbOf(this.#method, resource, this.query.flag('watch')) };
    } catch (error) {
      return postedTarget(path, asApiError(error));
    }
  }
}

/** The target of a path that names no resource, which `error` says. */
function postedTarget(path: string, error: ApiError): RequestTarget {
  try {
    const posted = parsePostedPath(path);
    return posted ? { kind: 'posted', path: posted } : { kind: 'unknown', error };
  } catch (unreadable) {
    return { kind: 'unknown', error: asApiError(unreadable) };
  }
}

/** @throws the error itself where it is no answer to a client. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Use `infoOf`, which reads it when it is not read yet. */
    info: RequestInfo | undefined;
  }
}

export function infoOf(request: FastifyRequest): RequestInfo {
  request.info ??= new RequestInfo(request.method, request.url);
  return request.info;
}
