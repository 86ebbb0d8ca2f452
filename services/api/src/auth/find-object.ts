import type { CachedObject } from '@everynode/list-watch';
import type { ResourceName } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';

/** Reads from the cache. An object that it does not have may have been created a moment ago through another replica. */
export async function findObject(
  { reflector, freshReads }: ApiContext,
  resource: ResourceName,
  namespace: string,
  name: string,
): Promise<CachedObject | undefined> {
  const cache = reflector.cache(resource);
  const found = cache.get(namespace, name);
  if (found) return found;
  await freshReads.catchUp();
  return cache.get(namespace, name);
}
