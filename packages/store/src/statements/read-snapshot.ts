import type { ObjectRecord, ResourceName } from '@everynode/objects';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../schema.js';
import { OBJECT_COLUMNS } from './object-columns.js';

const PAGE = 5000;

/** The resources that are read: these, or all but some. */
export type SnapshotScope = ResourceName[] | { except: readonly ResourceName[] };

/**
 * Reads all objects of the resources as of one revision, and hands them over page by page.
 * Returns that revision. Pages go by key and not by offset: each begins where the one before ended.
 */
export async function readSnapshot(
  db: Kysely<Database>,
  resources: SnapshotScope,
  onPage: (page: ObjectRecord[]) => void,
): Promise<number> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      // It holds nothing that others wait for, and the process may be busy with a page for a while.
      await sql`set local idle_in_transaction_session_timeout = '60s'`.execute(tx);
      const { revision } = await tx.selectFrom('revision_counter').select('revision').executeTakeFirstOrThrow();
      let last: ObjectRecord | undefined;
      for (;;) {
        const page = await readPage(tx, resources, last);
        if (page.length > 0) onPage(page);
        if (page.length < PAGE) return revision;
        last = page.at(-1);
      }
    });
}

async function readPage(
  tx: Transaction<Database>,
  resources: SnapshotScope,
  after: ObjectRecord | undefined,
): Promise<ObjectRecord[]> {
  let query = tx
    .selectFrom('objects')
    .select(OBJECT_COLUMNS)
    .orderBy('resource')
    .orderBy('namespace')
    .orderBy('name')
    .limit(PAGE);
  if (Array.isArray(resources)) query = query.where('resource', 'in', resources);
  else if (resources.except.length > 0) query = query.where('resource', 'not in', resources.except);
  if (after) {
    const { resource, namespace, name } = after;
    query = query.where(sql<boolean>`(resource, namespace, name) > (${resource}, ${namespace}, ${name})`);
  }
  return await query.execute();
}
