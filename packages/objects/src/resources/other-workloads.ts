import type { ResourceDefinition, Verb } from '../resource.js';
import { genericTable } from '../table/index.js';
import { defineResource } from './define-resource.js';

/**
 * Workloads without a controller here, so they cannot be created. Programs that read a whole cluster (upstream's e2e
 * suite before its first test, `kubectl cluster-info dump`) list them beside pods, and get empty lists.
 */
const READ_ONLY: Verb[] = ['get', 'list', 'watch'];

const none = (group: string, kind: string, plural: string, shortName: string): ResourceDefinition =>
  defineResource({
    group,
    version: 'v1',
    kind,
    plural,
    namespaced: true,
    schema: `io.k8s.api.${group || 'core'}.v1.${kind}`,
    shortNames: [shortName],
    categories: ['all'],
    verbs: READ_ONLY,
    table: genericTable,
  });

export const replicationControllers = none('', 'ReplicationController', 'replicationcontrollers', 'rc');
export const deployments = none('apps', 'Deployment', 'deployments', 'deploy');
export const replicaSets = none('apps', 'ReplicaSet', 'replicasets', 'rs');
