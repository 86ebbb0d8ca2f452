import type pg from 'pg';
import type { ObjectKey } from './write.js';

const REVISION = 'select revision from objects where resource = $1 and namespace = $2 and name = $3';
const REVISIONS = `
  select k.n::int as n, o.revision
  from unnest($1::text[], $2::text[], $3::text[]) with ordinality as k(resource, namespace, name, n)
  join objects o on o.resource = k.resource and o.namespace = k.namespace and o.name = k.name`;

/**
 * The revisions of objects, in the order of their keys; undefined for those that are not there. One statement for all, which
 * each connection prepares once: planning it anew costs more than running it. The pool's sessions should be set to `BY_KEY`.
 */
export async function revisionsOf(byKey: pg.Pool, keys: readonly ObjectKey[]): Promise<(number | undefined)[]> {
  const [only] = keys;
  if (only && keys.length === 1) {
    const values = [only.resource, only.namespace, only.name];
    const { rows } = await byKey.query<{ revision: number }>({ name: 'revision', text: REVISION, values });
    return [rows[0]?.revision];
  }
  const column = (part: keyof ObjectKey): string[] => keys.map((key) => key[part]);
  const values = [column('resource'), column('namespace'), column('name')];
  const { rows } = await byKey.query<{ n: number; revision: number }>({ name: 'revisions', text: REVISIONS, values });
  const revisions: (number | undefined)[] = new Array(keys.length).fill(undefined);
  for (const { n, revision } of rows) revisions[n - 1] = revision;
  return revisions;
}
