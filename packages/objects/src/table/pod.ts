import { isConditionTrue } from '../conditions.js';
import type { Pod, PodSpec, PodStatus } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { RowAt, TableDefinition, TableRow } from '../resource.js';
import { ageSince } from './age.js';
import { AGE, column, NAME, wideColumn } from './columns.js';
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
    column('Ready', 'Containers that are ready, of all that should be.'),
    column('Status', 'What the pod is doing, or what keeps it from running.'),
    column('Restarts', 'How often containers of the pod were started again, and when that last was.'),
    AGE,
    wideColumn('IP', 'Address of the pod.'),
    wideColumn('Node', 'The node that runs the pod.'),
    wideColumn('Nominated Node', 'The node where room is being made for the pod.'),
    wideColumn('Readiness Gates', 'Further conditions for readiness that hold, of all that must.'),
  ],
  row: (pod, now) => prepareRow(pod)(now),
  prepare: prepareRow,
};
