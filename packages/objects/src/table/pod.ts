import { isConditionTrue } from '../conditions.js';
import type { Pod, PodSpec, PodStatus } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { RowAt, TableDefinition, TableRow } from '../resource.js';
import { ageSince } from './age.js';
import { AGE, column, NAME, of, wideColumn } from './columns.js';
import { summarizePod } from './pod-status.js';

/** `2/3`: readiness gates whose condition is true, of all gates. The first condition of a type counts. */
function formatReadinessGates(spec: PodSpec | undefined, status: PodStatus | undefined): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter(({ conditionType }) => isConditionTrue(status, conditionType)).length}/${gates.length}`;
}

/** Finished pods have a condition, so that clients can leave them out. */
function conditionsOf(phase: string | undefined): TableRow['conditions'] {
  if (phase === 'Succeeded') {
    return [{ type: 'Completed', status: 'True', reason: phase, message: 'The pod has completed successfully.' }];
  }
  if (phase === 'Failed') {
    return [{ type: 'Completed', status: 'True', reason: phase, message: 'The pod failed.' }];
  }
  return undefined;
}

function prepareRow(pod: Stored<Pod>): RowAt {
  const { metadata, spec, status } = pod;
  const { readyContainers, totalContainers, status: shown, restarts, lastRestart } = summarizePod(pod);
  return rowFrom({
    name: metadata.name,
    created: metadata.creationTimestamp,
    ready: `${readyContainers}/${totalContainers}`,
    status: shown,
    restarts,
    lastRestart,
    rest: [
      status?.podIPs?.[0]?.ip || '<none>',
      spec?.nodeName || '<none>',
      status?.nominatedNodeName || '<none>',
      formatReadinessGates(spec, status),
    ],
    conditions: conditionsOf(status?.phase),
  });
}

/** What a row shows of a pod. */
interface PodFacts {
  name: string;
  created: string;
  ready: string;
  status: string;
  restarts: number;
  lastRestart: string | undefined;
  rest: string[];
  conditions: TableRow['conditions'];
}

/** A function of its own, so that a kept row does not keep the pod. */
function rowFrom({ name, created, ready, status, restarts, lastRestart, rest, conditions }: PodFacts): RowAt {
  return (now) => ({
    cells: [
      name,
      ready,
      status,
      restarts > 0 && lastRestart ? `${restarts} (${ageSince(lastRestart, now)} ago)` : String(restarts),
      ageSince(created, now),
      ...rest,
    ],
    ...(conditions && { conditions }),
  });
}

/** `kubectl get pods`. Rule: pkg/printers/internalversion, printPod. */
export const podTable: TableDefinition<Stored<Pod>> = {
  columns: [
    NAME,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has ' +
        'restarted.',
    ),
    AGE,
    wideColumn('IP', of('core.v1.PodStatus', 'podIP')),
    wideColumn('Node', of('core.v1.PodSpec', 'nodeName')),
    wideColumn('Nominated Node', of('core.v1.PodStatus', 'nominatedNodeName')),
    wideColumn('Readiness Gates', of('core.v1.PodSpec', 'readinessGates')),
  ],
  row: (pod, now) => prepareRow(pod)(now),
  prepare: prepareRow,
};
