import type { Deployment, PodTemplate, ReplicaSet, ReplicationController, StatefulSet } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatLabelSelector } from '../selectors/index.js';
import { AGE, ageOf, CONTAINER_COLUMNS, column, containerCells, NAME, of, wideColumn } from './columns.js';
import { formatNodeSelector } from './node-selector.js';

/** `kubectl get deployments`. Rule: pkg/printers/internalversion, printDeployment. */
export const deploymentTable: TableDefinition<Stored<Deployment>> = {
  columns: [
    NAME,
    column('Ready', 'Number of the pod with ready state'),
    // Upstream declares the type `string` for these numbers.
    column('Up-to-date', of('apps.v1.DeploymentStatus', 'updatedReplicas')),
    column('Available', of('apps.v1.DeploymentStatus', 'availableReplicas')),
    AGE,
    ...CONTAINER_COLUMNS,
    wideColumn('Selector', of('apps.v1.DeploymentSpec', 'selector')),
  ],
  row(object, now) {
    const { metadata, spec, status } = object;
    return {
      cells: [
        metadata.name,
        `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
        status?.updatedReplicas ?? 0,
        status?.availableReplicas ?? 0,
        ageOf(object, now),
        ...containerCells(spec?.template?.spec),
        formatLabelSelector(spec?.selector),
      ],
    };
  },
};

/** @param kind `apps.v1.ReplicaSet`: its spec and status describe the columns. */
const replicaColumns = (kind: string) => [
  NAME,
  column('Desired', of(`${kind}Spec`, 'replicas'), 'integer'),
  column('Current', of(`${kind}Status`, 'replicas'), 'integer'),
  column('Ready', of(`${kind}Status`, 'readyReplicas'), 'integer'),
  AGE,
  ...CONTAINER_COLUMNS,
  wideColumn('Selector', of(`${kind}Spec`, 'selector')),
];

const replicaCells = (object: Stored<ReplicaSet> | Stored<ReplicationController>, now: number) => [
  object.metadata.name,
  object.spec?.replicas ?? 0,
  object.status?.replicas ?? 0,
  object.status?.readyReplicas ?? 0,
  ageOf(object, now),
  ...containerCells(object.spec?.template?.spec),
];

/** `kubectl get replicasets`. Rule: printReplicaSet. */
export const replicaSetTable: TableDefinition<Stored<ReplicaSet>> = {
  columns: replicaColumns('apps.v1.ReplicaSet'),
  row: (object, now) => ({ cells: [...replicaCells(object, now), formatLabelSelector(object.spec?.selector)] }),
};

/** `kubectl get replicationcontrollers`. Rule: printReplicationController. */
export const replicationControllerTable: TableDefinition<Stored<ReplicationController>> = {
  columns: replicaColumns('core.v1.ReplicationController'),
  row: (object, now) => ({ cells: [...replicaCells(object, now), formatNodeSelector(object.spec?.selector)] }),
};

/** `kubectl get statefulsets`. Rule: printStatefulSet. */
export const statefulSetTable: TableDefinition<Stored<StatefulSet>> = {
  columns: [NAME, column('Ready', 'Number of the pod with ready state'), AGE, ...CONTAINER_COLUMNS],
  row(object, now) {
    const { metadata, spec, status } = object;
    const ready = `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
    return { cells: [metadata.name, ready, ageOf(object, now), ...containerCells(spec?.template?.spec)] };
  },
};

/** `kubectl get podtemplates`. Rule: printPodTemplate. */
export const podTemplateTable: TableDefinition<Stored<PodTemplate>> = {
  columns: [
    NAME,
    ...CONTAINER_COLUMNS.map((one) => ({ ...one, priority: 0 as const })),
    column('Pod Labels', 'The labels for the pod template.'),
  ],
  row({ metadata, template }) {
    return {
      cells: [metadata.name, ...containerCells(template?.spec), formatNodeSelector(template?.metadata?.labels)],
    };
  },
};
