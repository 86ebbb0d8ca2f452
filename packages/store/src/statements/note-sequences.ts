import type pg from 'pg';
import type { Note } from './changes.js';
import { keyColumns, plainArray, textColumn } from './column-parameters.js';

const TEXT = `
  update objects o set sequence = i.sequence
  from unnest(${textColumn(1)}, $2::text[], ${textColumn(3)}, $4::bigint[])
       as i(resource, namespace, name, sequence)
  where o.resource = i.resource and o.namespace = i.namespace and o.name = i.name`;

/** Stores the numbers of reports that changed nothing else. The objects keep their revisions. */
export function noteSequences(client: pg.Client, notes: readonly Note[]): Promise<unknown> {
  return client.query({
    name: 'note-sequences',
    text: TEXT,
    values: [...keyColumns(notes), plainArray(notes, ({ sequence }) => sequence)],
  });
}
