import type { Node, NodeSpec, NodeStatus } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of, wideColumn } from './columns.js';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

function statusOf(spec: NodeSpec | undefined, status: NodeStatus | undefined): string {
  // Upstream uses the last condition of a type.
  const ready = status?.conditions?.findLast(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

function rolesOf(labels: Readonly<Record<string, string>> | undefined): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX)) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL) roles.add(value);
  }
  roles.delete('');
  return [...roles].toSorted().join(',') || '<none>';
}

function addressOf(status: NodeStatus | undefined, wanted: 'InternalIP' | 'ExternalIP'): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>';
}

/** `kubectl get nodes`. Rule: pkg/printers/internalversion, printNode. */
export const nodeTable: TableDefinition<Stored<Node>> = {
  columns: [
    NAME,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    AGE,
    column('Version', of('core.v1.NodeSystemInfo', 'kubeletVersion')),
    wideColumn('Internal-IP', of('core.v1.NodeStatus', 'addresses')),
    wideColumn('External-IP', of('core.v1.NodeStatus', 'addresses')),
    wideColumn('OS-Image', of('core.v1.NodeSystemInfo', 'osImage')),
    wideColumn('Kernel-Version', of('core.v1.NodeSystemInfo', 'kernelVersion')),
    wideColumn('Container-Runtime', of('core.v1.NodeSystemInfo', 'containerRuntimeVersion')),
  ],
  row(object, now) {
    const { metadata, spec, status } = object;
    const machine = status?.nodeInfo;
    const kernel = machine?.kernelVersion || '<unknown>';
    return {
      cells: [
        metadata.name,
        statusOf(spec, status),
        rolesOf(metadata.labels),
        ageOf(object, now),
        machine?.kubeletVersion ?? '',
        addressOf(status, 'InternalIP'),
        addressOf(status, 'ExternalIP'),
        machine?.osImage || '<unknown>',
        machine?.architecture ? `${kernel} (${machine.architecture})` : kernel,
        machine?.containerRuntimeVersion || '<unknown>',
      ],
    };
  },
};
