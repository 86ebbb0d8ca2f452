import { createHash } from 'node:crypto';
import type { StoredObjects } from '@everynode/history-checker';
import type { Cluster } from '../cluster/cluster.js';
import { now } from './clock.js';

/** The three texts of an object, as its row and each row of the journal hold them. */
interface Parts {
  metadata: string;
  desired: string;
  observed: string | null;
}

interface ObjectRow extends Parts {
  /** The key and the rest are null in the one row that comes when there is no object. */
  resource: string | null;
  namespace: string;
  name: string;
  uid: string;
  revision: string;
  /** Of the whole store. */
  counter: string;
}

/** One statement is one snapshot. The outer join brings the counter also when there is no object. */
const SELECT = `
  select c.revision as counter, o.resource, o.namespace, o.name, o.uid, o.revision,
    o.metadata::text, o.desired::text, o.observed::text
  from revision_counter c left join objects o on true`;

/** Reads every object from Postgres itself. @throws Error while Postgres is away. */
export async function storedObjects(cluster: Cluster): Promise<StoredObjects> {
  const rows = await cluster.sql<ObjectRow>(SELECT);
  return {
    at: now(),
    revision: Number(rows[0]?.counter),
    objects: rows.flatMap((row) =>
      row.resource === null
        ? []
        : {
            resource: row.resource,
            key: `${row.namespace}/${row.name}`,
            uid: row.uid,
            revision: Number(row.revision),
            hash: hashOf(row),
          },
    ),
  };
}

/** A short digest: it is to show a difference, not to resist an attack. */
export function hashOf({ metadata, desired, observed }: Parts): string {
  return createHash('sha256')
    .update(JSON.stringify([metadata, desired, observed]))
    .digest('base64url')
    .slice(0, 16);
}
