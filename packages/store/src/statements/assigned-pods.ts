import type { ObjectRecord } from '@everynode/objects';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../schema.js';

/** A pod as an agent needs it in its list of what to run. */
export interface AssignedPod {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  deleting: boolean;
  /** `deletionGracePeriodSeconds`, for a pod that is being deleted. */
  graceSeconds: number | null;
  /** The order of the last report on it; 0 when there was none. */
  sequence: number;
}

/*
 * Both statements leave the planner one way to go: from the agent to its nodes and from each node to its pods by the
 * index on placement, or from uids to pods to their nodes. The statistics of a cluster that grew a minute ago show no
 * pods at all. A planner with a choice then read all pods for each node, which took minutes with 10,000 of them.
 * `|| ''` keeps a condition out of the index.
 */

/** Reads pods that are bound to nodes of the agent, in uid order after `after`. One query for any number of nodes. */
export async function listAssignedPods(
  db: Kysely<Database>,
  agent: string,
  after: string,
  limit: number,
): Promise<AssignedPod[]> {
  const { rows } = await sql<AssignedPod>`
    select p.namespace, p.name, p.uid, p.placement as node, p.deleting, p.sequence,
           (p.metadata->>'deletionGracePeriodSeconds')::int as "graceSeconds"
    from (select name from objects where placement = ${agent} and resource || '' = 'nodes' offset 0) n
    cross join lateral (
      select * from objects where placement = n.name and uid > ${after} and resource || '' = 'pods' offset 0
    ) p
    order by p.uid
    limit ${limit}`.execute(db);
  return rows;
}

/** Reads the pods with these uids whole. A pod that is not bound to a node of the agent is left out. */
export async function getAssignedPods(db: Kysely<Database>, agent: string, uids: string[]): Promise<ObjectRecord[]> {
  const { rows } = await sql<ObjectRecord>`
    select resource, namespace, name, uid, revision, metadata, desired, observed, placement
    from objects p
    where uid = any(${uids}) and resource || '' = 'pods'
      and (select n.placement from objects n where n.resource = 'nodes' and n.namespace = '' and n.name = p.placement)
          = ${agent}`.execute(db);
  return rows;
}
