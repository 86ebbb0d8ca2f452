import type { ServiceSpec } from '../kinds/api-types.js';

/**
 * True for a service whose nodes tell a load balancer whether they have pods of it. Source: pkg/api/service/util.go,
 * NeedsHealthCheck.
 */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

/** True for a service that is reached from outside of the cluster. Source: the same, ExternallyAccessible. */
export const isExternallyAccessible = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && externalIPs.length > 0);
