import type { ReplicaSet, ReplicationController, Stored, StoredKinds } from '@everynode/objects';
import type { PodOwnerKind } from '../workloads/pod-control.js';

export type ReplicaResource = 'replicasets.apps' | 'replicationcontrollers';

/** A kind of objects that keep a number of pods. */
export interface ReplicaKind<R extends ReplicaResource> {
  /** The controller's name. */
  name: string;
  resource: R;
  owner: PodOwnerKind;
  /** The object as the ReplicaSet that does the same. */
  replicaSetOf: (object: StoredKinds[R]) => Stored<ReplicaSet>;
}

export const REPLICA_SET: ReplicaKind<'replicasets.apps'> = {
  name: 'replicaset',
  resource: 'replicasets.apps',
  owner: {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    component: 'replicaset-controller',
    account: 'replicaset-controller',
  },
  replicaSetOf: (object) => object,
};

export const REPLICATION_CONTROLLER: ReplicaKind<'replicationcontrollers'> = {
  name: 'replicationcontroller',
  resource: 'replicationcontrollers',
  owner: {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    component: 'replication-controller',
    account: 'replication-controller',
  },
  replicaSetOf,
};

/** A selector of a ReplicationController is a map of labels. Source: pkg/controller/replication/conversion.go. */
function replicaSetOf({ metadata, spec, status }: Stored<ReplicationController>): Stored<ReplicaSet> {
  const { selector = {}, ...others } = spec ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata,
    spec: { ...others, selector: { matchLabels: selector } },
    ...(status && { status }),
  };
}
