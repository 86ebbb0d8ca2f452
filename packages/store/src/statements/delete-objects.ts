import type pg from 'pg';
import type { Deletion } from './changes.js';
import { keyColumns, textColumn } from './column-parameters.js';

const TEXT = `
  delete from objects o using unnest(${textColumn(1)}, $2::text[], ${textColumn(3)}) as i(resource, namespace, name)
  where o.resource = i.resource and o.namespace = i.namespace and o.name = i.name`;

/** Deletes objects. It comes after the journal has taken them; see `append-journal.ts`. */
export function deleteObjects(client: pg.Client, deletions: readonly Deletion[]): Promise<unknown> {
  return client.query({ name: 'delete-objects', text: TEXT, values: keyColumns(deletions) });
}
