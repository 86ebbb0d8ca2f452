import { conditionOf } from '../conditions.js';
import type {
  Deployment,
  Job,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatLabelSelector } from '../selectors/index.js';
import { ageSince } from './age.js';
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

function jobState({ status }: Stored<Job>, isDeleting: boolean): string {
  const isTrue = (type: string) => conditionOf(status, type)?.status === 'True';
  for (const type of ['Complete', 'Failed']) if (isTrue(type)) return type;
  if (isDeleting) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']) if (isTrue(type)) return type;
  return 'Running';
}

/** A Job without a number of completions is done when one of its pods is. */
function completionsOf({ spec, status }: Stored<Job>): string {
  const { succeeded = 0 } = status ?? {};
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const { parallelism = 0 } = spec ?? {};
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

/** `kubectl get jobs`. Rule: printJob. */
export const jobTable: TableDefinition<Stored<Job>> = {
  columns: [
    NAME,
    column('Status', 'Status of the job.'),
    column('Completions', of('batch.v1.JobStatus', 'succeeded')),
    column('Duration', 'Time required to complete the job.'),
    AGE,
    ...CONTAINER_COLUMNS,
    wideColumn('Selector', of('batch.v1.JobSpec', 'selector')),
  ],
  row(object, now) {
    const { metadata, spec, status } = object;
    const { startTime, completionTime } = status ?? {};
    const end = completionTime === undefined ? now : Date.parse(completionTime);
    return {
      cells: [
        metadata.name,
        jobState(object, metadata.deletionTimestamp !== undefined),
        completionsOf(object),
        startTime === undefined ? '' : ageSince(startTime, end),
        ageOf(object, now),
        ...containerCells(spec?.template.spec),
        formatLabelSelector(spec?.selector),
      ],
    };
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
