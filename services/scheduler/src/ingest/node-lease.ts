import { randomUUID } from 'node:crypto';
import {
  type KubeObject,
  microTimestamp,
  NODE_LEASE_NAMESPACE,
  type StoredMeta,
  splitObject,
  timestamp,
} from '@everynode/objects';
import type { Decision, WriteRequest } from '@everynode/store';

/**
 * The write that gives a node its lease, unless it has one. The node owns the lease, which is deleted with it.
 *
 * Its renewTime is not written again: heartbeats of a quiet fleet write nothing. In its place the api shows the time of
 * the last heartbeat that it received. `now` is in ms since 1970.
 */
export function leaseOf(node: string, nodeUid: string, now: number): WriteRequest<'head'> {
  const metadata: StoredMeta = {
    name: node,
    namespace: NODE_LEASE_NAMESPACE,
    uid: randomUUID(),
    creationTimestamp: timestamp(now),
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: nodeUid }],
  };
  const lease: KubeObject = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime: microTimestamp(now) },
  };
  return {
    key: { resource: 'leases.coordination.k8s.io', namespace: NODE_LEASE_NAMESPACE, name: node },
    reads: 'head',
    decide: (current): Decision =>
      current ? { kind: 'keep' } : { kind: 'create', uid: metadata.uid, parts: splitObject(lease), placement: null },
  };
}
