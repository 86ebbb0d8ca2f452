import type pg from 'pg';
import { changedBits, JOURNAL_TYPES } from '../journal-row.js';
import type { Change } from './changes.js';
import { jsonColumn, jsonLines, keyColumns, plainArray, textColumn } from './column-parameters.js';

const TEXT = `
  insert into journal (revision, type, resource, namespace, name, uid, previous, changed, metadata, desired, observed,
                       placement, deleting)
  select i.revision, i.type, o.resource, o.namespace, o.name, o.uid, i.previous, i.changed,
         coalesce(i.metadata, o.metadata), coalesce(i.desired, o.desired),
         case when i.type = 3 and i.observed is not null then i.observed else o.observed end, o.placement, o.deleting
  from unnest(${textColumn(1)}, $2::text[], ${textColumn(3)}, $4::bigint[], $5::smallint[], $6::bigint[], $7::smallint[],
              ${jsonColumn(8)}, ${jsonColumn(9)}, ${jsonColumn(10)})
       as i(resource, namespace, name, revision, type, previous, changed, metadata, desired, observed)
  join objects o on o.resource = i.resource and o.namespace = i.namespace and o.name = i.name`;

/**
 * Appends every change of a batch to the journal, whole. The journal copies the objects from the table that they were
 * just written to, so nothing is sent twice: it comes after insert and update, and before delete. Only the parts that a
 * delete carries are sent, because they are shown in the DELETED event and never stored.
 */
export function appendJournal(client: pg.Client, changes: readonly Change[]): Promise<unknown> {
  return client.query({
    name: 'append-journal',
    text: TEXT,
    values: [
      ...keyColumns(changes),
      plainArray(changes, ({ revision }) => revision),
      plainArray(changes, ({ decision }) => JOURNAL_TYPES[decision.kind]),
      plainArray(changes, ({ current }) => current?.revision ?? 0),
      plainArray(changes, ({ decision }) => changedBits(decision)),
      jsonLines(changes, (change) => lastPart(change, 'metadata')),
      jsonLines(changes, (change) => lastPart(change, 'desired')),
      jsonLines(changes, (change) => lastPart(change, 'observed')),
    ],
  });
}

/** A part that is shown in the DELETED event in place of the stored one. */
const lastPart = ({ decision }: Change, part: 'metadata' | 'desired' | 'observed'): string | null | undefined =>
  decision.kind === 'delete' ? decision.parts?.[part] : undefined;
