import type { Service } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { AGE, ageOf, column, NAME, of, wideColumn } from './columns.js';
import { balancersOf } from './networking.js';
import { formatNodeSelector } from './node-selector.js';

const NONE = '<none>';

/** `443/TCP`, or `443:30443/TCP` with a port of the node. */
function portsOf({ spec }: Service): string {
  const ports = spec?.ports ?? [];
  if (ports.length === 0) return NONE;
  return ports
    .map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',');
}

/** Addresses outside the cluster. Rule: getServiceExternalIP. */
function externalOf({ spec, status }: Service): string {
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  const addresses = [...(spec?.externalIPs ?? [])];
  if (spec?.type !== 'LoadBalancer') return addresses.join(',') || NONE;
  return [balancersOf(status), ...addresses].filter(Boolean).join(',') || '<pending>';
}

/** `kubectl get services`. Rule: pkg/printers/internalversion, printService. */
export const serviceTable: TableDefinition<Stored<Service>> = {
  columns: [
    NAME,
    column('Type', of('core.v1.ServiceSpec', 'type')),
    column('Cluster-IP', of('core.v1.ServiceSpec', 'clusterIP')),
    column('External-IP', of('core.v1.ServiceSpec', 'externalIPs')),
    column('Port(s)', of('core.v1.ServiceSpec', 'ports')),
    AGE,
    wideColumn('Selector', of('core.v1.ServiceSpec', 'selector')),
  ],
  row(object, now) {
    const { spec } = object;
    return {
      cells: [
        object.metadata.name,
        spec?.type ?? '',
        spec?.clusterIP || NONE,
        externalOf(object),
        portsOf(object),
        ageOf(object, now),
        formatNodeSelector(spec?.selector),
      ],
    };
  },
};
