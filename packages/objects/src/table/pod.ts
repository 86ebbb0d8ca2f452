import type { PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import type { KubeObject } from '../kube-object.js';
import type { TableDefinition, TableRow } from '../resource.js';
import { ageSince } from './age.js';
import { AGE, ageOf, column, NAME, wideColumn } from './columns.js';
import { summarizePod } from './pod-status.js';

/** `2/3` conditions that the pod's readiness waits for; the first condition of a type counts. */
function formatReadinessGates(spec: PodSpec | undefined, status: PodStatus | undefined): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const isMet = (wanted: string) => status?.conditions?.find(({ type }) => type === wanted)?.status === 'True';
  return `${gates.filter(({ conditionType }) => isMet(conditionType)).length}/${gates.length}`;
}

/** Finished pods are marked, so that clients can leave them out. */
function conditionsOf(phase: string | undefined): TableRow['conditions'] {
  if (phase === 'Succeeded') {
    return [{ type: 'Completed', status: 'True', reason: phase, message: 'All containers of the pod ended well.' }];
  }
  if (phase === 'Failed') {
    return [{ type: 'Completed', status: 'True', reason: phase, message: 'The pod ended with a failure.' }];
  }
  return undefined;
}

/** `kubectl get pods`. Rule: pkg/printers/internalversion, printPod. */
export const podTable: TableDefinition = {
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
  row(object: KubeObject, now) {
    const spec = object.spec as PodSpec | undefined;
    const status = object.status as PodStatus | undefined;
    const summary = summarizePod(object as Parameters<typeof summarizePod>[0]);
    const { restarts, lastRestart } = summary;
    const conditions = conditionsOf(status?.phase);
    return {
      cells: [
        object.metadata.name,
        `${summary.readyContainers}/${summary.totalContainers}`,
        summary.status,
        restarts > 0 && lastRestart ? `${restarts} (${ageSince(lastRestart, now)} ago)` : String(restarts),
        ageOf(object, now),
        status?.podIPs?.[0]?.ip || '<none>',
        spec?.nodeName || '<none>',
        status?.nominatedNodeName || '<none>',
        formatReadinessGates(spec, status),
      ],
      ...(conditions && { conditions }),
    };
  },
};
