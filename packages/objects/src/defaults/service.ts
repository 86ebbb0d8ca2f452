import type { Service } from '../kinds/api-types.js';
import { isExternallyAccessible } from '../services/external-access.js';

const CLIENT_IP_SECONDS = 10_800;

/**
 * pkg/apis/core/v1 SetDefaults_Service, and what upstream's allocators fill in of one family of addresses:
 * pkg/registry/core/service/storage/alloc.go.
 */
export function setServiceDefaults({ spec, status }: Service): void {
  if (!spec) return;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= CLIENT_IP_SECONDS;
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const point of status?.loadBalancer?.ingress ?? []) if (point.ip) point.ipMode ??= 'VIP';
  }
  const [first] = spec.clusterIPs ?? [];
  if (spec.clusterIP && first === undefined) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && first !== undefined) spec.clusterIP = first;
}

/**
 * Sets the families of a service that has addresses, or none by its own wish. Without a selector such a headless
 * service may lead to addresses of any family. Source: pkg/registry/core/service/storage/alloc.go, initIPFamilyFields.
 */
export function setFamilies({ spec }: Service): void {
  if (!spec || spec.type === 'ExternalName') return;
  const leadsAnywhere = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  if (leadsAnywhere) {
    spec.ipFamilyPolicy ??= 'RequireDualStack';
    if (spec.ipFamilyPolicy !== 'SingleStack') {
      const [only = 'IPv4'] = spec.ipFamilies ?? [];
      if ((spec.ipFamilies ?? []).length < 2) spec.ipFamilies = [only, only === 'IPv4' ? 'IPv6' : 'IPv4'];
    }
  }
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (!spec.ipFamilies?.length) spec.ipFamilies = ['IPv4'];
}
