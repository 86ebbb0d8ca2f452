import {
  ApiError,
  findResource,
  isCustomType,
  type PostedKind,
  postedKinds,
  type ResourceDefinition,
  resources,
} from '@everynode/objects';

/** The parts of a resource's path under /api or /apis. Source: apiserver/pkg/endpoints/request/requestinfo.go. */
export interface ResourcePath {
  definition: ResourceDefinition;
  /** Empty for cluster-scoped resources and for requests over all namespaces. */
  namespace: string;
  /** Undefined for a collection. */
  name: string | undefined;
  subresource: string | undefined;
  /** A path of the old form under `watch/`, which watches a collection or one object of it. */
  watches: boolean;
}

const UNKNOWN = 'the server could not find the requested resource';

/** Upstream's answer to a path that is not served. */
export function unknownPath(): ApiError {
  return new ApiError('NotFound', UNKNOWN, {});
}

/**
 * True for a path that not even a group of the server claims: upstream answers such in plain text. Source: apiserver
 * server/handler.go, director.ServeHTTP; apiextensions-apiserver apiserver/customresource_handler.go.
 */
export function isClaimedByNone(error: unknown, url: string): boolean {
  if (!(error instanceof ApiError) || error.message !== UNKNOWN) return false;
  const [first = '', second, third] = (url.split('?', 1)[0] ?? '').split('/').filter(Boolean);
  if (first !== 'apis') return first !== 'api' && first !== 'version';
  const ofGroup = resources.filter(({ group }) => group !== '' && group === second);
  const isBuiltIn =
    ofGroup.some(({ schema }) => !isCustomType(schema)) || postedKinds.some(({ group }) => group === second);
  // A version of a group of custom resources is known by what it serves.
  return !isBuiltIn && !ofGroup.some(({ version }) => version === third);
}

function decoded(segment: string): string {
  // Nearly every segment; no request brings a raw NUL.
  if (!segment.includes('%')) return segment;
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch (cause) {
    throw new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`, undefined, { cause });
  }
  // No name has a NUL, and Postgres refuses texts with one, together with all other statements of the same batch.
  if (text.includes('\0')) throw new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`);
  return text;
}

/** A path of a kind that is posted and never stored: `/apis/G/V/reviews`, `/api/v1/namespaces/NS/bindings`. */
export interface PostedPath {
  posted: PostedKind;
  /** Empty for kinds without a namespace. */
  namespace: string;
}

export function parsePostedPath(path: string): PostedPath | undefined {
  const segments = path.split('/').filter(Boolean);
  const [group, version, ...rest] = segments[0] === 'api' ? ['', ...segments.slice(1)] : segments.slice(1);
  const [first, namespace, third] = rest;
  const inside = first === 'namespaces' && rest.length === 3;
  if (!inside && rest.length !== 1) return undefined;
  const plural = inside ? third : first;
  const posted = postedKinds.find(
    (one) => one.plural === plural && one.group === group && one.version === version && one.namespaced === inside,
  );
  return posted && { posted, namespace: inside ? decoded(namespace ?? '') : '' };
}

/** @throws ApiError NotFound for a path that is not served, BadRequest for one that cannot be read. */
export function parseResourcePath(path: string): ResourcePath {
  const segments = path.split('/').filter(Boolean).map(decoded);
  const core = segments[0] === 'api';
  const group = core ? '' : (segments[1] ?? '');
  const version = (core ? segments[1] : segments[2]) ?? '';
  const rest = segments.slice(core ? 2 : 3);
  const watches = rest[0] === 'watch';
  if (watches) rest.shift();
  const named = pathWithin(group, version, rest);
  if (watches && named.subresource !== undefined) throw unknownPath();
  return { ...named, watches };
}

function pathWithin(group: string, version: string, rest: string[]): Omit<ResourcePath, 'watches'> {
  const [first, second, third] = rest;
  // `namespaces/<ns>/<plural>…` is a path inside a namespace; `namespaces/<name>[/status|/finalize]` is the object.
  const inner = first === 'namespaces' && third !== undefined ? findResource(group, version, third) : undefined;
  if (inner) {
    if (!inner.namespaced || rest.length > 5) throw unknownPath();
    return { definition: inner, namespace: second ?? '', name: rest[3], subresource: knownSubresource(inner, rest[4]) };
  }
  const definition = first === undefined ? undefined : findResource(group, version, first);
  if (!definition || rest.length > 3) throw unknownPath();
  // Without a namespace the path can name a collection over all namespaces, but no object.
  if (definition.namespaced && second !== undefined) throw unknownPath();
  return { definition, namespace: '', name: second, subresource: knownSubresource(definition, third) };
}

function knownSubresource(definition: ResourceDefinition, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (!definition.subresources.some((subresource) => subresource.name === name)) throw unknownPath();
  return name;
}
