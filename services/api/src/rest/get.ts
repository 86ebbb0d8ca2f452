import type { CachedObject } from '@everynode/list-watch';
import { notFound, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../http/query.js';
import { revisionOf } from '../read/list-options.js';

/** One object, as new as the request asks for. Throws NotFound. */
export async function getObject(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  name: string,
  query: Query,
): Promise<CachedObject> {
  const revision = revisionOf(query.text('resourceVersion') ?? '');
  const { storage } = definition;
  if (revision !== undefined && revision > 0) await context.freshReads.waitFor(revision);
  const object =
    revision === undefined
      ? await context.freshReads.newest({ resource: storage, namespace, name })
      : context.reflector.cache(storage).get(namespace, name);
  if (!object) throw notFound({ group: definition.group, plural: definition.plural, name });
  return object;
}
