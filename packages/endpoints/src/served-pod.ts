import type { EndpointPort, Service } from '@everynode/objects';

/** A port that a container of a pod names. */
export interface NamedPort {
  name: string;
  port: number;
  protocol: string;
}

/** What endpoints tell of a pod that a service selects. */
export interface ServedPod {
  uid: string;
  name: string;
  namespace: string;
  ips: readonly string[];
  nodeName: string | undefined;
  zone: string | undefined;
  /** Where the pod asks for a name of its own below a service. */
  hostname: string | undefined;
  subdomain: string | undefined;
  isReady: boolean;
  isTerminating: boolean;
  ports: readonly NamedPort[];
}

type Spec = NonNullable<Service['spec']>;

export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';

/** Where a port of a service leads to in a pod; undefined for a name that no container has. Source: FindPort. */
function targetOf({ targetPort, port, protocol = 'TCP' }: NonNullable<Spec['ports']>[number], pod: ServedPod) {
  if (targetPort === undefined || targetPort === 0) return port;
  if (typeof targetPort === 'number') return targetPort;
  return pod.ports.find((named) => named.name === targetPort && named.protocol === protocol)?.port;
}

/** The ports of a service in a pod. Source: staging/src/k8s.io/endpointslice/utils.go, getEndpointPorts. */
export function portsIn({ spec }: Service, pod: ServedPod): EndpointPort[] {
  return (spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetOf(servicePort, pod);
    if (port === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    return [{ ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

/** The name of a pod below the service, where it asks for one. Source: endpoint util, ShouldSetHostname. */
export function hostnameIn({ metadata }: Service, { hostname, subdomain }: ServedPod): string | undefined {
  return hostname && subdomain === metadata?.name ? hostname : undefined;
}

export const familyOf = (ip: string): string => (ip.includes(':') ? 'IPv6' : 'IPv4');
