import { CachedObject, type KindName } from '@everynode/list-watch';
import { microTimestamp, NODE_LEASE_NAMESPACE } from '@everynode/objects';
import type { NodeHeartbeats } from './node-heartbeats.js';

const LEASE: KindName = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', forgetsParsed: true };

/**
 * Returns a node's lease with the time of the node's last heartbeat, and any other object as it is
 * (docs/decisions/0006). `revision`, where it is given, replaces the lease's own.
 */
export function withHeartbeat(object: CachedObject, heartbeats: NodeHeartbeats, revision?: number): CachedObject {
  const { record } = object;
  if (record.resource !== 'leases.coordination.k8s.io' || record.namespace !== NODE_LEASE_NAMESPACE) return object;
  const heard = heartbeats.lastHeard(record.name);
  if (heard === undefined) return object;
  const { desired } = object;
  const renewTime = microTimestamp(heard);
  const renewed = { ...desired, spec: { ...(desired.spec as object | undefined), renewTime } };
  return new CachedObject(
    { ...record, desired: JSON.stringify(renewed), revision: revision ?? record.revision },
    LEASE,
    object,
  );
}
