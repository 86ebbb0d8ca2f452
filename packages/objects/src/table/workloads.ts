import type {
  Container,
  Deployment,
  PodSpec,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatLabelSelector } from '../selectors/index.js';
import { AGE, ageOf, column, NAME, wideColumn } from './columns.js';
import { formatNodeSelector } from './node-selector.js';

/** The two columns of every kind with a pod template. */
const CONTAINER_COLUMNS = [
  wideColumn('Containers', 'Names of each container in the template.'),
  wideColumn('Images', 'Images referenced by each container in the template.'),
];

const joined = (containers: readonly Container[] | undefined, name: 'name' | 'image'): string =>
  (containers ?? []).map((container) => container[name] ?? '').join(',');

/** The cells of {@link CONTAINER_COLUMNS}. */
const containerCells = (spec: PodSpec | undefined): string[] => [
  joined(spec?.containers, 'name'),
  joined(spec?.containers, 'image'),
];

/** `kubectl get deployments`. Rule: pkg/printers/internalversion, printDeployment. */
export const deploymentTable: TableDefinition<Stored<Deployment>> = {
  columns: [
    NAME,
    column('Ready', 'Number of the pod with ready state'),
    column('Up-to-date', 'Pods of the newest template.', 'integer'),
    column('Available', 'Pods that have been ready for minReadySeconds.', 'integer'),
    AGE,
    ...CONTAINER_COLUMNS,
    wideColumn('Selector', 'Labels by which the workload finds its pods.'),
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

const REPLICA_COLUMNS = [
  NAME,
  column('Desired', 'Number of wanted pods.', 'integer'),
  column('Current', 'Number of pods.', 'integer'),
  column('Ready', 'Number of ready pods.', 'integer'),
  AGE,
  ...CONTAINER_COLUMNS,
  wideColumn('Selector', 'Labels by which the workload finds its pods.'),
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
  columns: REPLICA_COLUMNS,
  row: (object, now) => ({ cells: [...replicaCells(object, now), formatLabelSelector(object.spec?.selector)] }),
};

/** `kubectl get replicationcontrollers`. Rule: printReplicationController. */
export const replicationControllerTable: TableDefinition<Stored<ReplicationController>> = {
  columns: REPLICA_COLUMNS,
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
