import type { CachedObject } from '@everynode/list-watch';
import { notFound, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../query.js';
import { reachRevision } from './list.js';

/** One object, as new as the request asks for. Throws NotFound. */
export async function getObject(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  name: string,
  query: Query,
): Promise<CachedObject> {
  await reachRevision(context, query);
  const object = context.reflector.cache(definition.storage).get(namespace, name);
  if (!object) throw notFound({ group: definition.group, plural: definition.plural, name });
  return object;
}
