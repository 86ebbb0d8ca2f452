import type { KubeObject, SubresourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import type { Query } from '../http/query.js';
import type { ResourcePath } from '../http/resource-path.js';

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

/**
 * Asks webhooks and policies whether a stream may be opened, by either method. They see the options in place of an
 * object, whether the pod exists or not. Source: apiserver pkg/endpoints/handlers/rest.go, ConnectResource.
 * @throws ApiError
 */
export async function admitConnection({ dynamic }: ApiContext, request: ResourceRequest): Promise<void> {
  const { definition, namespace, name, subresource, query } = request;
  const found = connectionOf(request);
  if (!dynamic || !found) return;
  const kind = kindOf(found);
  // Options are no object of the API: they have no metadata.
  const object = { kind, apiVersion: 'v1', ...OPTIONS[kind]?.(query) } as Options as KubeObject;
  const attributes = { definition: { ...definition, kind }, namespace, name, subresource, object };
  await dynamic.settle(async () => dynamic.check({ ...attributes, operation: 'connect', oldObject: undefined }));
}
