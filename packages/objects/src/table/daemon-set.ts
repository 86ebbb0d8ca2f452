import type { DaemonSet } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatLabelSelector } from '../selectors/index.js';
import { AGE, ageOf, CONTAINER_COLUMNS, column, containerCells, NAME, of, wideColumn } from './columns.js';
import { formatNodeSelector } from './node-selector.js';

/** `kubectl get daemonsets`. Rule: pkg/printers/internalversion, printDaemonSet. */
export const daemonSetTable: TableDefinition<Stored<DaemonSet>> = {
  columns: [
    NAME,
    column('Desired', of('apps.v1.DaemonSetStatus', 'desiredNumberScheduled'), 'integer'),
    column('Current', of('apps.v1.DaemonSetStatus', 'currentNumberScheduled'), 'integer'),
    column('Ready', of('apps.v1.DaemonSetStatus', 'numberReady'), 'integer'),
    column('Up-to-date', of('apps.v1.DaemonSetStatus', 'updatedNumberScheduled'), 'integer'),
    column('Available', of('apps.v1.DaemonSetStatus', 'numberAvailable'), 'integer'),
    column('Node Selector', of('core.v1.PodSpec', 'nodeSelector')),
    AGE,
    ...CONTAINER_COLUMNS,
    wideColumn('Selector', of('apps.v1.DaemonSetSpec', 'selector')),
  ],
  row(object, now) {
    const { metadata, spec, status } = object;
    const podSpec = spec?.template?.spec;
    return {
      cells: [
        metadata.name,
        status?.desiredNumberScheduled ?? 0,
        status?.currentNumberScheduled ?? 0,
        status?.numberReady ?? 0,
        status?.updatedNumberScheduled ?? 0,
        status?.numberAvailable ?? 0,
        formatNodeSelector(podSpec?.nodeSelector),
        ageOf(object, now),
        ...containerCells(podSpec),
        formatLabelSelector(spec?.selector),
      ],
    };
  },
};
