import type pg from 'pg';
import type { Update } from './changes.js';
import { jsonColumn, jsonLines, keyColumns, plainArray, textColumn } from './column-parameters.js';

const TEXT = `
  update objects o
  set revision = i.revision,
      metadata = coalesce(i.metadata, o.metadata),
      desired = coalesce(i.desired, o.desired),
      observed = case when i.writes_observed then i.observed else o.observed end,
      placement = i.placement, deleting = i.deleting, sequence = i.sequence
  from unnest(${textColumn(1)}, $2::text[], ${textColumn(3)}, $4::bigint[], ${jsonColumn(5)}, ${jsonColumn(6)},
              ${jsonColumn(7)}, $8::boolean[], $9::text[], $10::boolean[], $11::bigint[])
       as i(resource, namespace, name, revision, metadata, desired, observed, writes_observed, placement, deleting,
            sequence)
  where o.resource = i.resource and o.namespace = i.namespace and o.name = i.name`;

/**
 * Updates stored objects. A part that a decision leaves out stays as it is. The status may become null, so a column of
 * its own says whether it is written; placement, deletion mark and sequence were read and are always written.
 */
export function updateObjects(client: pg.Client, updates: readonly Update[]): Promise<unknown> {
  return client.query({
    name: 'update-objects',
    text: TEXT,
    values: [
      ...keyColumns(updates),
      plainArray(updates, ({ revision }) => revision),
      jsonLines(updates, ({ decision }) => decision.parts.metadata),
      jsonLines(updates, ({ decision }) => decision.parts.desired),
      jsonLines(updates, ({ decision }) => decision.parts.observed),
      plainArray(updates, ({ decision }) => decision.parts.observed !== undefined),
      updates.map(({ decision, current }) =>
        decision.placement === undefined ? current?.placement : decision.placement,
      ),
      plainArray(updates, ({ decision, current }) => decision.deleting ?? current?.deleting ?? false),
      plainArray(updates, ({ decision, current }) => decision.sequence ?? current?.sequence ?? 0),
    ],
  });
}
