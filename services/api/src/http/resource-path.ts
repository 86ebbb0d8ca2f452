import { ApiError, findResource, type PostedKind, postedKinds, type ResourceDefinition } from '@everynode/objects';

/** What a path under /api or /apis asks for. Source: apiserver/pkg/endpoints/request/requestinfo.go. */
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

/** Upstream's answer to a path that nothing is served under. */
export function unknownPath(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {});
}

function decoded(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch (cause) {
    throw new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`, undefined, { cause });
  }
  // No name has one, and Postgres refuses a text with one, together with all that it was asked beside.
  if (text.includes('\0')) throw new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`);
  return text;
}

/** A path that a kind is posted to which is not stored: `/apis/G/V/reviews`, `/api/v1/namespaces/NS/bindings`. */
export function parsePostedPath(path: string): { posted: PostedKind; namespace: string } | undefined {
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

/** Reads a path. Throws NotFound where no resource is served under it. */
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
  // Objects of a namespaced resource are not reached without their namespace; their collections are.
  if (definition.namespaced && second !== undefined) throw unknownPath();
  return { definition, namespace: '', name: second, subresource: knownSubresource(definition, third) };
}

function knownSubresource(definition: ResourceDefinition, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (!definition.subresources.some((subresource) => subresource.name === name)) throw unknownPath();
  return name;
}
