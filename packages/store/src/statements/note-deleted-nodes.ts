import type pg from 'pg';
import type { Deletion } from './changes.js';

const TEXT = `
  insert into deleted_nodes (node, revision)
  select node, max(revision) from unnest($1::text[], $2::bigint[]) as i(node, revision)
  group by node order by node
  on conflict (node) do update set revision = greatest(deleted_nodes.revision, excluded.revision), deleted_at = now()`;

export const isOfNode = ({ key }: Deletion): boolean => key.resource === 'nodes';

/**
 * Notes which nodes go, in the commit that removes them: what their agents were granted before ends, even where the
 * process that was to see to it ends first.
 */
export function noteDeletedNodes(client: pg.Client, deletions: readonly Deletion[]): Promise<unknown> {
  const values = [deletions.map(({ key }) => key.name), deletions.map(({ revision }) => revision)];
  return client.query({ name: 'note-deleted-nodes', text: TEXT, values });
}
