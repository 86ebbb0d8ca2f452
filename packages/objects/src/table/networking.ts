import type { LabelSelector } from '../kinds/api-types.js';
import { formatLabelSelector } from '../selectors/index.js';
import { AGE, ageOf, column, firstThree, of, tableAfterName } from './columns.js';

const NONE = '<none>';

/** The texts of versions that upstream's tables still quote, and the schema no longer has. */
const OLD = {
  podSelector:
    'Selects the pods to which this NetworkPolicy object applies.  The array of ingress rules is applied to any pods selected by this field. Multiple network policies can select the same set of pods.  In this case, the ingress rules for each are combined additively. This field is NOT optional and follows standard label selector semantics. An empty podSelector matches all pods in this namespace.',
  addressType:
    'addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must be the same type. This field is immutable after creation. The following address types are currently supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a Fully Qualified Domain Name.',
  ports:
    'ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a unique name. When ports is empty, it indicates that there are no defined ports. When a port is defined with a nil port value, it indicates "all ports". Each slice may include a maximum of 100 ports.',
};

interface Ingress {
  ingressClassName?: string;
  rules?: { host?: string }[];
  tls?: unknown[];
}

interface Balanced {
  loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] };
}

/** Rules without a host are not shown, but count among those that are left out. Rule: formatHosts. */
function hostsOf(rules: readonly { host?: string }[]): string {
  const hosts: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (hosts.length === 3) more = true;
    else if (host) hosts.push(host);
  }
  return (hosts.join(',') || '*') + (more ? ` + ${rules.length - 3} more...` : '');
}

/** Addresses of load balancers, each once, in order. Rule: ingressLoadBalancerStatusStringer. */
export function balancersOf(status: Balanced | undefined): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(addresses.filter(Boolean))].sort().join(',');
}

/** `kubectl get ingresses`. Rule: pkg/printers/internalversion, printIngress. */
export const ingressTable = tableAfterName<Ingress, Balanced>(
  [
    column('Class', 'The name of the IngressClass resource that should be used for additional configuration'),
    column('Hosts', 'Hosts that incoming requests are matched against before the ingress rule'),
    column('Address', 'Address is a list containing ingress points for the load-balancer'),
    column('Ports', 'Ports of TLS configurations that open'),
    AGE,
  ],
  (object, now) => [
    object.spec?.ingressClassName ?? NONE,
    hostsOf(object.spec?.rules ?? []),
    balancersOf(object.status),
    object.spec?.tls?.length ? '80, 443' : '80',
    ageOf(object, now),
  ],
);

interface IngressClass {
  controller?: string;
  parameters?: { apiGroup?: string; kind: string; name: string };
}

/** `kubectl get ingressclasses`. Rule: printIngressClass. */
export const ingressClassTable = tableAfterName<IngressClass>(
  [
    column('Controller', 'Controller that is responsible for handling this class'),
    column('Parameters', 'A reference to a resource with additional parameters'),
    AGE,
  ],
  (object, now) => {
    const { controller, parameters } = object.spec ?? {};
    const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
    const shown = parameters ? `${parameters.kind}${group}/${parameters.name}` : NONE;
    return [controller ?? '', shown, ageOf(object, now)];
  },
);

/** `kubectl get networkpolicies`. Rule: printNetworkPolicy. */
export const networkPolicyTable = tableAfterName<{ podSelector?: LabelSelector }>(
  [column('Pod-Selector', OLD.podSelector), AGE],
  (object, now) => [formatLabelSelector(object.spec?.podSelector ?? {}), ageOf(object, now)],
);

/** `kubectl get servicecidrs`. Rule: printServiceCIDR. */
export const serviceCidrTable = tableAfterName<{ cidrs?: string[] }>(
  [column('CIDRs', of('networking.v1.ServiceCIDRSpec', 'cidrs')), AGE],
  (object, now) => [object.spec?.cidrs?.join(',') ?? '', ageOf(object, now)],
);

interface Parent {
  parentRef?: { group?: string; resource?: string; namespace?: string; name?: string };
}

/** `kubectl get ipaddresses`. Rule: printIPAddress, whose third cell has no column. */
export const ipAddressTable = tableAfterName<Parent>(
  [column('ParentRef', of('networking.v1.IPAddressSpec', 'parentRef'))],
  (object) => {
    const parent = object.spec?.parentRef;
    if (!parent) return [NONE];
    const resource = [parent.resource, parent.group].filter(Boolean).join('.').toLowerCase();
    return [[resource, ...(parent.namespace ? [parent.namespace] : []), parent.name ?? ''].join('/')];
  },
);

interface Subset {
  addresses?: { ip: string }[];
  ports?: { port: number }[];
}

const joined = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** `kubectl get endpoints`. Rule: printEndpoints. */
export const endpointsTable = tableAfterName<object, object, { subsets?: Subset[] }>(
  [column('Endpoints', of('core.v1.Endpoints', 'subsets')), AGE],
  (object, now) => {
    const all = (object.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0
        ? addresses.map(({ ip }) => ip)
        : ports.flatMap(({ port }) => addresses.map(({ ip }) => joined(ip, port))),
    );
    return [object.subsets?.length ? firstThree(all) : NONE, ageOf(object, now)];
  },
);

interface Slice {
  addressType?: string;
  ports?: { name?: string; port?: number }[] | null;
  endpoints?: { addresses?: string[] }[] | null;
}

/** `kubectl get endpointslices`. Rule: printEndpointSlice. */
export const endpointSliceTable = tableAfterName<object, object, Slice>(
  [
    column('AddressType', OLD.addressType),
    column('Ports', OLD.ports),
    column('Endpoints', of('discovery.v1.EndpointSlice', 'endpoints')),
    AGE,
  ],
  (object, now) => [
    object.addressType ?? '',
    firstThree((object.ports ?? []).map(({ name, port }) => String(port ?? name ?? '*'))) || '<unset>',
    firstThree((object.endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])) || '<unset>',
    ageOf(object, now),
  ],
);
