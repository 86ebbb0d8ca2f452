import type { Exchange } from '../exchange.js';
import type { Target } from './target.js';

/**
 * `group/version/resource[/subresource]` of all that a server's discovery lists. The core group has an empty name.
 * @throws Error when discovery cannot be read.
 */
export async function servedResources(target: Target): Promise<Set<string>> {
  const served = new Set<string>();
  const get = async <T>(path: string): Promise<T> => {
    const headers = { accept: 'application/json' };
    const { status, body } = await target.send({ method: 'GET', path, headers, body: undefined });
    if (status !== 200 || body.kind !== 'value') throw new Error(`GET ${path}: ${status}, and no document`);
    return body.value as T;
  };
  const { groups } = await get<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis');
  const named = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
  for (const groupVersion of ['v1', ...named]) {
    const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    const { resources } = await get<{ resources: { name: string }[] }>(root);
    for (const { name } of resources) served.add(`${groupVersion === 'v1' ? '/v1' : groupVersion}/${name}`);
  }
  return served;
}

/** The same key for the resource of an exchange; undefined for a path without a resource. */
export function resourceKeyOf({ request }: Exchange): string | undefined {
  const [path = ''] = request.path.split('?', 1);
  const [root, ...parts] = path.split('/').filter(Boolean);
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : parts.shift();
  const version = parts.shift();
  if (parts[0] === 'watch') parts.shift();
  // `namespaces/NAME/status` and `finalize` are subresources of the namespace itself.
  const inside = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const [resource, , subresource] = inside ? parts.slice(2) : parts;
  if (version === undefined || resource === undefined) return undefined;
  return [group, version, resource, ...(subresource === undefined ? [] : [subresource])].join('/');
}
