import { setFamilies, setServiceDefaults } from '../defaults/service.js';
import type { Service } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import { needsHealthCheck } from '../services/external-access.js';
import { serviceTable } from '../table/index.js';
import { validateServiceStatus } from '../validation/load-balancer-status.js';
import { dns1035LabelMessages } from '../validation/names.js';
import { validateService, validateServiceUpdate } from '../validation/service.js';
import { defineResource, statusSubresource } from './define-resource.js';

/**
 * Services get addresses and node ports from the api's allocators: see its admission. Source:
 * pkg/registry/core/service/strategy.go.
 */
export const services = defineResource<Stored<Service>>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Service',
  shortNames: ['svc'],
  categories: ['all'],
  returnsDeleted: true,
  subresources: [statusSubresource],
  fields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  nameRule: dns1035LabelMessages,
  firstStatus: (object) => {
    setFamilies(object);
    return { loadBalancer: {} };
  },
  setDefaults: setServiceDefaults,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatus: (object) => validateServiceStatus(object),
  carryOver: (object, current) => keepAllocated(object, current),
  table: serviceTable,
});

const NEEDS_ADDRESS: ReadonlySet<string | undefined> = new Set(['ClusterIP', 'NodePort', 'LoadBalancer']);
const NEEDS_PORTS: ReadonlySet<string | undefined> = new Set(['NodePort', 'LoadBalancer']);

type Spec = NonNullable<Service['spec']>;

/** True for the types of services that have an address inside the cluster, unless they are headless. */
export const needsServiceAddress = ({ type }: Spec): boolean => NEEDS_ADDRESS.has(type);

/**
 * A client that leaves out what was allocated keeps it, and what the new type does not have is dropped where the client
 * has not changed it. Source: pkg/registry/core/service/storage, patchAllocatedValues; service/strategy.go,
 * dropTypeDependentFields.
 */
function keepAllocated({ spec }: Stored<Service>, { spec: before }: Stored<Service>): void {
  if (!spec || !before) return;
  const hadAddress = needsServiceAddress(before);
  if (hadAddress && needsServiceAddress(spec)) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if (!spec.clusterIPs?.length && before.clusterIPs) spec.clusterIPs = [...before.clusterIPs];
    if (!spec.ipFamilies?.length && before.ipFamilies) spec.ipFamilies = [...before.ipFamilies];
    if (before.ipFamilyPolicy) spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  } else if (hadAddress && spec.clusterIP === before.clusterIP) {
    for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const) {
      delete spec[name];
    }
  }
  keepHealthCheckPort(spec, before);
  if (NEEDS_PORTS.has(before.type) && NEEDS_PORTS.has(spec.type)) keepNodePorts(spec, before);
  else if (NEEDS_PORTS.has(before.type)) dropNodePorts(spec, before);
}

/** Sets the ports of nodes that a client leaves out to those that the same ports have in the stored service. */
export function keepNodePorts(spec: Spec, before: Spec): void {
  // Admission comes here before the defaults are set.
  const keyOf = ({ protocol, port }: { protocol?: string; port: number }) => `${protocol || 'TCP'}/${port}`;
  const known = new Map((before.ports ?? []).map((port) => [keyOf(port), port.nodePort]));
  for (const port of spec.ports ?? []) {
    const same = known.get(keyOf(port));
    if (!port.nodePort && same) port.nodePort = same;
  }
}

/** Keeps the port by which nodes tell of a service's pods while the service needs one, and drops it with the need. */
export function keepHealthCheckPort(spec: Spec, before: Spec): void {
  if (!needsHealthCheck(before) || !before.healthCheckNodePort) return;
  if (needsHealthCheck(spec)) spec.healthCheckNodePort ||= before.healthCheckNodePort;
  else if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
}

function dropNodePorts(spec: Spec, before: Spec): void {
  const known = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of spec.ports ?? []) if (known.has(port.nodePort)) delete port.nodePort;
  if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) {
    delete spec.allocateLoadBalancerNodePorts;
  }
}
