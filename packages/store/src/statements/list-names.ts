import type { ResourceName } from '@everynode/objects';
import type { Kysely } from 'kysely';
import type { Database } from '../schema.js';

/** Reads the names of the objects of one resource in a namespace, in order, up to `limit`: for what no cache holds. */
export async function listNames(
  db: Kysely<Database>,
  resource: ResourceName,
  namespace: string,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('objects')
    .select('name')
    .where('resource', '=', resource)
    .where('namespace', '=', namespace)
    .orderBy('name')
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}
