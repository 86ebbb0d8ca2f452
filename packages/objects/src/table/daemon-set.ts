import type { DaemonSet } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatLabelSelector } from '../selectors/index.js';
import { AGE, ageOf, column, NAME, wideColumn } from './columns.js';
import { formatNodeSelector } from './node-selector.js';

/** `kubectl get daemonsets`. Rule: pkg/printers/internalversion, printDaemonSet. */
export const daemonSetTable: TableDefinition<Stored<DaemonSet>> = {
  columns: [
    NAME,
    column('Desired', 'Nodes that should run the daemon.', 'integer'),
    column('Current', 'Nodes that should run the daemon and have at least one of its pods.', 'integer'),
    column('Ready', 'Nodes that should run the daemon and have a ready pod.', 'integer'),
    column('Up-to-date', 'Nodes whose pod has the newest template.', 'integer'),
    column('Available', 'Nodes whose pod has been ready for minReadySeconds.', 'integer'),
    column('Node Selector', 'Labels that the template asks of a node.'),
    AGE,
    wideColumn('Containers', 'Names of the containers in the template.'),
    wideColumn('Images', 'Images of the containers in the template.'),
    wideColumn('Selector', 'Labels by which the daemon finds its pods.'),
  ],
  row(object, now) {
    const { metadata, spec, status } = object;
    const podSpec = spec?.template?.spec;
    const containers = podSpec?.containers ?? [];
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
        containers.map(({ name }) => name).join(','),
        containers.map(({ image }) => image ?? '').join(','),
        formatLabelSelector(spec?.selector),
      ],
    };
  },
};
