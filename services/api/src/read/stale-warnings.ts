import type { ApiContext } from '../api-context.js';

/**
 * The warning of a read that may be answered from the cache, while Postgres does not say whether there is something
 * newer; none at other times.
 */
export function staleWarnings({ store, reflector }: Pick<ApiContext, 'store' | 'reflector'>): string[] {
  const { readOutage } = store;
  if (!readOutage) return [];
  const { reason, since } = readOutage;
  return [
    `this answer may be stale: it is from the cache, at revision ${reflector.revision}. The store cannot be read since ${since.toISOString()}: ${reason}`,
  ];
}
