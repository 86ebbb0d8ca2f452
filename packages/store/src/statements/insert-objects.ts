import type pg from 'pg';
import type { Creation } from './changes.js';
import { jsonColumn, jsonLines, keyColumns, plainArray, textColumn, textLines } from './column-parameters.js';

const TEXT = `
  insert into objects (resource, namespace, name, uid, revision, metadata, desired, observed, placement, deleting,
                       sequence)
  select * from unnest(${textColumn(1)}, $2::text[], ${textColumn(3)}, ${textColumn(4)}, $5::bigint[], ${jsonColumn(6)},
                       ${jsonColumn(7)}, ${jsonColumn(8)}, $9::text[], $10::boolean[], $11::bigint[])`;

/** Inserts new objects. Their keys must be free, which the rows that were read under the lock have shown. */
export function insertObjects(client: pg.Client, creations: readonly Creation[]): Promise<unknown> {
  return client.query({
    name: 'insert-objects',
    text: TEXT,
    values: [
      ...keyColumns(creations),
      textLines(creations, ({ decision }) => decision.uid),
      plainArray(creations, ({ revision }) => revision),
      jsonLines(creations, ({ decision }) => decision.parts.metadata),
      jsonLines(creations, ({ decision }) => decision.parts.desired),
      jsonLines(creations, ({ decision }) => decision.parts.observed),
      creations.map(({ decision }) => decision.placement),
      plainArray(creations, ({ decision }) => decision.deleting ?? false),
      plainArray(creations, ({ decision }) => decision.sequence ?? 0),
    ],
  });
}
