import { setDeclaredDefaults } from '../defaults/declared.js';
import {
  setDeploymentDefaults,
  setReplicationControllerDefaults,
  setStatefulSetDefaults,
} from '../defaults/workloads.js';
import type { Deployment, ReplicaSet, ReplicationController, StatefulSet } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { deploymentTable, replicaSetTable, replicationControllerTable, statefulSetTable } from '../table/workloads.js';
import {
  validateDeployment,
  validateReplicaSet,
  validateReplicationController,
  validateSameSelector,
  validateStatefulSet,
  validateStatefulSetUpdate,
} from '../validation/workloads.js';
import { defineResource, statusSubresource } from './define-resource.js';
import { scaleOfResource } from './scale.js';

/** What all workloads with replicas have in common. */
const workload = { version: 'v1', namespaced: true, categories: ['all'], hasGeneration: true };

export const replicationControllers = defineResource<Stored<ReplicationController>>({
  ...workload,
  group: '',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  schema: 'io.k8s.api.core.v1.ReplicationController',
  shortNames: ['rc'],
  subresources: [scaleOfResource('', 'replicationcontrollers', 'replicationcontrollers'), statusSubresource],
  fields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  firstStatus: () => ({ replicas: 0 }),
  // As before there was garbage collection: registry/core/replicationcontroller, DefaultGarbageCollectionPolicy.
  deletion: { defaultPropagation: 'Orphan' },
  setDefaults: (object) => {
    setDeclaredDefaults('io.k8s.api.core.v1.ReplicationController', object);
    setReplicationControllerDefaults(object);
  },
  validate: validateReplicationController,
  table: replicationControllerTable,
});

export const replicaSets = defineResource<Stored<ReplicaSet>>({
  ...workload,
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  shortNames: ['rs'],
  subresources: [scaleOfResource('apps', 'replicasets', 'replicasets.apps'), statusSubresource],
  fields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  firstStatus: () => ({ replicas: 0 }),
  setDefaults: (object) => {
    setDeclaredDefaults('io.k8s.api.apps.v1.ReplicaSet', object);
    if (object.spec) object.spec.replicas ??= 1;
  },
  validate: validateReplicaSet,
  validateUpdate: validateSameSelector,
  table: replicaSetTable,
});

export const deployments = defineResource<Stored<Deployment>>({
  ...workload,
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  schema: 'io.k8s.api.apps.v1.Deployment',
  shortNames: ['deploy'],
  subresources: [scaleOfResource('apps', 'deployments', 'deployments.apps'), statusSubresource],
  firstStatus: () => ({}),
  setDefaults: setDeploymentDefaults,
  validate: validateDeployment,
  validateUpdate: validateSameSelector,
  table: deploymentTable,
});

export const statefulSets = defineResource<Stored<StatefulSet>>({
  ...workload,
  group: 'apps',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  shortNames: ['sts'],
  subresources: [scaleOfResource('apps', 'statefulsets', 'statefulsets.apps'), statusSubresource],
  firstStatus: () => ({ availableReplicas: 0, replicas: 0 }),
  setDefaults: setStatefulSetDefaults,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  table: statefulSetTable,
});
