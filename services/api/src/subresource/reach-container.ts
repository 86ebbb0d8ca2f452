import { ApiError, type Container, type Pod, type Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import { getObject } from '../rest/get.js';

/** Why each subresource has nothing to reach in a simulated pod. */
const REASONS: Readonly<Record<string, string>> = {
  attach: 'so there is nothing to attach to',
  exec: 'so no command can run in it',
  log: 'so it has no log',
  portforward: 'so no port of it is open',
};

/**
 * The log of a container, and the ways into one. All pods are simulated until agents run containers: what a client asks
 * for is checked as upstream does, and then refused in words that say so.
 * Source: pkg/registry/core/pod/strategy.go, LogLocation and streamLocation. @throws ApiError BadRequest, NotFound.
 */
export async function reachContainer(context: ApiContext, request: ResourceRequest): Promise<Answer> {
  const { name, subresource, query, definition, namespace } = request;
  const pod = (await getObject(context, { definition, namespace, name, query })).object as Stored<Pod>;
  const container = subresource === 'portforward' ? undefined : containerOf(pod, query.text('container'));
  if (!pod.spec?.nodeName) {
    if (subresource === 'log') return { status: 200, payload: '', contentType: 'text/plain' };
    throw new ApiError('BadRequest', `pod ${name} does not have a host assigned`);
  }
  const what = container === undefined ? 'it' : `its container ${JSON.stringify(container)}`;
  throw new ApiError(
    'BadRequest',
    `pod ${JSON.stringify(name)} is simulated: no process runs in ${what}, ${REASONS[subresource]}`,
  );
}

/** The container that a client has named, or the only one. Source: validateContainer. @throws ApiError BadRequest. */
function containerOf({ metadata, spec }: Stored<Pod>, asked: string | undefined): string {
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
