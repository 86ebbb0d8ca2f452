import type { ReachedPod } from '@everynode/container-streams';
import { AGENT_ANNOTATION, ApiError, type Container, type Pod, type Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { findObject } from '../auth/find-object.js';
import type { ReadRequest } from '../dispatch/resource-request.js';
import { getObject } from '../rest/get.js';

/** @throws ApiError NotFound. */
export async function readPod(context: ApiContext, request: ReadRequest): Promise<Stored<Pod>> {
  return (await getObject(context, request)).object as Stored<Pod>;
}

/** The container that a client has named, or the only one. Source: validateContainer. @throws ApiError BadRequest. */
export function containerOf({ metadata, spec }: Stored<Pod>, asked: string | undefined): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  const all: readonly Pick<Container, 'name'>[] = [...initContainers, ...containers, ...ephemeralContainers];
  if (asked !== undefined) {
    if (all.some(({ name }) => name === asked)) return asked;
    throw new ApiError('BadRequest', `container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only, ...others] = containers;
  if (only && others.length === 0) return only.name;
  const choices = [
    ['choose one of', containers],
    ['or one of the init containers', initContainers],
    ['or one of the ephemeral containers', ephemeralContainers],
  ] as const;
  const texts = choices
    .filter(([, list]) => list.length > 0)
    .map(([text, list]) => `${text}: [${list.map(({ name }) => name).join(' ')}]`);
  throw new ApiError(
    'BadRequest',
    [`a container name must be specified for pod ${metadata.name}, ${texts[0] ?? ''}`, ...texts.slice(1)].join(' '),
  );
}

/** @throws ApiError BadRequest for a pod without a node. Source: streamLocation. */
export function requireHost({ metadata, spec }: Stored<Pod>): string {
  if (spec?.nodeName) return spec.nodeName;
  throw new ApiError('BadRequest', `pod ${metadata.name} does not have a host assigned`);
}

/** @throws ApiError InternalError for a node that is not there, or that no agent hosts. */
export async function agentOfNode(context: ApiContext, node: string): Promise<string> {
  const found = await findObject(context, 'nodes', '', node);
  const agent = found?.object.metadata.annotations?.[AGENT_ANNOTATION];
  if (agent) return agent;
  const why = found ? 'is hosted by no agent' : 'does not exist';
  throw new ApiError('InternalError', `Internal error occurred: node ${JSON.stringify(node)} of the pod ${why}`);
}

export const reachedPod = ({ metadata: { namespace = '', name, uid } }: Stored<Pod>): ReachedPod => ({
  namespace,
  name,
  uid,
});
