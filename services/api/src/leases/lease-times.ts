import { CachedObject, type KindName } from '@everynode/list-watch';
import { microTimestamp, NODE_LEASE_NAMESPACE } from '@everynode/objects';
import type { NodeHeartbeats } from './node-heartbeats.js';

const LEASE: KindName = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', forgetsParsed: true };

/**
 * A node's lease with the time its node was last heard of; any other object as it is (docs/decisions/0006). `revision` stands
 * in the place of its own where it is given.
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
