import type { ObjectRecord } from '@everynode/objects';
import type pg from 'pg';
import type { ReadPool } from '../read-pool.js';
import type { ObjectKey } from '../write.js';
import { findable } from './column-parameters.js';

/** A key, and the revision that the caller has of its object; 0 when it has none. */
export interface KnownObject extends ObjectKey {
  known: number;
}

/** `same`: the stored object has the revision that the caller has. Undefined: no object is stored. */
export type ReadIfChanged = 'same' | ObjectRecord | undefined;

type Row = Pick<ObjectRecord, 'uid' | 'revision' | 'placement' | 'observed'> & {
  n: number;
  metadata: string | null;
  desired: string | null;
};

/** Parts of an unchanged object are not sent again: nearly every read finds that nothing has changed. */
const PARTS = (known: string): string => `o.uid, o.revision, o.placement,
  case when o.revision <> ${known} then o.metadata end as metadata,
  case when o.revision <> ${known} then o.desired end as desired,
  case when o.revision <> ${known} then o.observed end as observed`;

const ONE = `select 1 as n, ${PARTS('$4::bigint')} from objects o where o.resource = $1 and o.namespace = $2 and o.name = $3`;
const MANY = `
  select k.n::int as n, ${PARTS('k.known')}
  from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) with ordinality as k(resource, namespace, name, known, n)
  join objects o on o.resource = k.resource and o.namespace = k.namespace and o.name = k.name`;

/**
 * Reads the objects that have changed since the caller read them, in the order of the keys. One statement for all,
 * which each connection prepares once: to plan it costs more than to run it. The pool's sessions must be set to
 * `BY_KEY`.
 */
export async function readIfChanged(byKey: ReadPool, keys: readonly KnownObject[]): Promise<ReadIfChanged[]> {
  const rows = await byKey.query<Row>(questionFor(keys));
  const found: ReadIfChanged[] = new Array(keys.length).fill(undefined);
  for (const { n, uid, revision, placement, metadata, desired, observed } of rows) {
    const key = keys[n - 1];
    if (!key) continue;
    const { resource, namespace, name, known } = key;
    if (revision === known || metadata === null || desired === null) found[n - 1] = 'same';
    else found[n - 1] = { resource, namespace, name, uid, revision, placement, metadata, desired, observed };
  }
  return found;
}

function questionFor(keys: readonly KnownObject[]): pg.QueryConfig {
  const [only] = keys;
  if (only && keys.length === 1) {
    const { resource, namespace, name, known } = only;
    return { name: 'newer-one', text: ONE, values: [resource, findable(namespace), findable(name), known] };
  }
  const values = [
    keys.map(({ resource }) => resource),
    keys.map(({ namespace }) => findable(namespace)),
    keys.map(({ name }) => findable(name)),
    keys.map(({ known }) => known),
  ];
  return { name: 'newer-many', text: MANY, values };
}
