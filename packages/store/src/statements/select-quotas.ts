import type pg from 'pg';
import { findable } from './column-parameters.js';
import type { ReadRow } from './select-current.js';

/** A stored ResourceQuota, whole. */
export interface QuotaRow extends Required<ReadRow> {
  namespace: string;
  name: string;
}

const TEXT = `
  select namespace, name, uid, revision, placement, deleting, sequence, metadata, desired, observed
  from objects
  where resource = 'resourcequotas' and namespace = any($1::text[])
  order by namespace, name`;

/** Reads the quotas of namespaces, in the order of their names. No namespace costs no query. */
export async function selectQuotas(client: pg.Client, namespaces: readonly string[]): Promise<QuotaRow[]> {
  if (namespaces.length === 0) return [];
  const { rows } = await client.query<QuotaRow>({
    name: 'select-quotas',
    text: TEXT,
    values: [namespaces.map(findable)],
  });
  return rows;
}
