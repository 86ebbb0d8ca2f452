import { CachedObject, type KindName } from '@everynode/list-watch';
import type { NodeHeartbeats } from './node-heartbeats.js';

const LEASE: KindName = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', forgetsParsed: true };

export const NODE_LEASES = 'kube-node-lease';

/**
 * A node's lease with the time its node was last heard of; any other object as it is (docs/decisions/0006). `revision` stands
 * in the place of its own where it is given.
 */
export function withHeartbeat(object: CachedObject, heartbeats: NodeHeartbeats, revision?: number): CachedObject {
  const { record } = object;
  if (record.resource !== 'leases.coordination.k8s.io' || record.namespace !== NODE_LEASES) return object;
  const heard = heartbeats.lastHeard(record.name);
  if (heard === undefined) return object;
  const { desired } = object;
  const renewTime = new Date(heard).toISOString().replace('Z', '000Z');
  const renewed = { ...desired, spec: { ...(desired.spec as object | undefined), renewTime } };
  return new CachedObject(
    { ...record, desired: JSON.stringify(renewed), revision: revision ?? record.revision },
    LEASE,
    object,
  );
}
