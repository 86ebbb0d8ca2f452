import type { KubeObject, PostedKind, SubresourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import type { Query } from '../http/query.js';
import type { ResourcePath } from '../http/resource-path.js';
import type { KindName } from './dynamic/attributes.js';

type Options = Record<string, unknown>;

const flags = (query: Query, names: readonly string[]): Options =>
  Object.fromEntries(names.filter((name) => query.flag(name)).map((name) => [name, true]));

const container = (query: Query): Options => {
  const name = query.text('container');
  return name === undefined ? {} : { container: name };
};

/** What a client asks for in the query, by the kind of options. Source: k8s.io/api/core/v1/types.go. */
const OPTIONS: Readonly<Record<string, (query: Query) => Options>> = {
  PodAttachOptions: (query) => ({ ...flags(query, ['stdin', 'stdout', 'stderr', 'tty']), ...container(query) }),
  PodExecOptions: (query) => ({
    ...flags(query, ['stdin', 'stdout', 'stderr', 'tty']),
    ...container(query),
    command: query.all('command'),
  }),
  PodPortForwardOptions: (query) => {
    const ports = query.all('ports').flatMap((text) => text.split(',').map(Number));
    return ports.length > 0 ? { ports } : {};
  },
};

const kindOf = ({ kind }: SubresourceDefinition): string => kind?.kind ?? '';

function connectionOf({ definition, subresource }: Pick<ResourcePath, 'definition' | 'subresource'>) {
  const found = definition.subresources.find(({ name }) => name === subresource);
  return found && OPTIONS[kindOf(found)] ? found : undefined;
}

/** True for the path of a stream into a container or its ports: what upstream calls CONNECT. */
export const isConnection = (path: Pick<ResourcePath, 'definition' | 'subresource'>): boolean =>
  connectionOf(path) !== undefined;

/** A request that acts on an object, by a subresource of it. */
type Acting = Pick<ResourceRequest, 'definition' | 'namespace' | 'name'> & { subresource: string };

/**
 * Asks webhooks and policies about what is posted to a subresource, and never stored: an eviction, a binding, a request
 * for a token. What mutating webhooks change of it changes nothing. @throws ApiError
 */
export async function admitPosted(
  { dynamic }: ApiContext,
  { definition, namespace, name, subresource }: Acting,
  { group, version, kind }: KindName,
  object: KubeObject,
): Promise<void> {
  if (!dynamic) return;
  const attributes = { definition, kind: { group, version, kind }, namespace, name, subresource, object };
  await dynamic.settle(async () => dynamic.check({ ...attributes, operation: 'create', oldObject: undefined }));
}

/**
 * Asks webhooks about a review, which has no resource that is stored. Policies are not asked: upstream leaves them out
 * by name, so that a policy for everything cannot break authentication and authorisation.
 * Source: pkg/kubeapiserver/admission/exclusion/resources.go. @throws ApiError
 */
export async function admitReview(
  { dynamic }: ApiContext,
  { group, version, kind, plural, namespaced, schema = '' }: PostedKind,
  namespace: string,
  object: KubeObject,
): Promise<void> {
  if (!dynamic) return;
  const definition = { group, version, kind, plural, namespaced, schema, storage: `${plural}.${group}` };
  const attributes = { definition, kind: { group, version, kind }, namespace, name: '', subresource: '', object };
  await dynamic.settle(async () => dynamic.ask({ ...attributes, operation: 'create', oldObject: undefined }));
}

/**
 * Asks webhooks and policies whether a stream may be opened, by either method. They see the options in place of an
 * object, whether the pod exists or not. Source: apiserver pkg/endpoints/handlers/rest.go, ConnectResource.
 * @throws ApiError
 */
export async function admitConnection({ dynamic }: ApiContext, request: ResourceRequest): Promise<void> {
  const { definition, namespace, name, subresource, query } = request;
  const found = connectionOf(request);
  if (!dynamic || !found) return;
  const kind = { group: '', version: 'v1', kind: kindOf(found) };
  // Options are no object of the API: they have no metadata.
  const object = { kind: kind.kind, apiVersion: 'v1', ...OPTIONS[kind.kind]?.(query) } as Options as KubeObject;
  const attributes = { definition, kind, namespace, name, subresource, object };
  await dynamic.settle(async () => dynamic.check({ ...attributes, operation: 'connect', oldObject: undefined }));
}
