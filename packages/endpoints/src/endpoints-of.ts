import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service, Stored } from '@everynode/objects';
import { hostnameIn, isHeadless, portsIn, type ServedPod } from './served-pod.js';

/** More addresses than this are left out. Source: pkg/controller/endpoint, maxCapacity. */
const CAPACITY = 1000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const HEADLESS = 'service.kubernetes.io/headless';
/** The label of Endpoints that are made for a service with a selector. */
export const ENDPOINTS_MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';

/** What the controller decides about the Endpoints of a service. */
export interface EndpointsContent {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  subsets: EndpointSubset[];
}

interface Member {
  address: EndpointAddress;
  ports: EndpointPort[];
  isReady: boolean;
}

/**
 * Returns the Endpoints of a service. `before` are the stored ones, whose annotations stay. Terminating pods have no
 * address here. Source: pkg/controller/endpoint/endpoints_controller.go, syncService.
 */
export function endpointsOf(
  service: Stored<Service>,
  pods: readonly ServedPod[],
  before: Pick<Endpoints, 'metadata'> | undefined,
): EndpointsContent {
  const all = pods.filter(({ isTerminating }) => !isTerminating).flatMap((pod) => membersOf(service, pod));
  const kept = all.length > CAPACITY ? truncated(all) : all;
  const { [OVER_CAPACITY]: _over, ...annotations } = before?.metadata?.annotations ?? {};
  const { [HEADLESS]: _headless, ...labels } = service.metadata.labels ?? {};
  return {
    labels: {
      ...labels,
      [ENDPOINTS_MANAGED_BY_LABEL]: 'endpoint-controller',
      ...(isHeadless(service) && { [HEADLESS]: '' }),
    },
    annotations: { ...annotations, ...(kept !== all && { [OVER_CAPACITY]: 'truncated' }) },
    subsets: subsetsOf(kept),
  };
}

function membersOf(service: Stored<Service>, pod: ServedPod): Member[] {
  const { spec } = service;
  const ports = portsIn(service, pod);
  if (ports.length === 0 && !(isHeadless(service) && !spec?.ports?.length)) return [];
  const family = spec?.ipFamilies?.[0];
  const ip = pod.ips.find((one) => family === undefined || one.includes(':') === (family === 'IPv6'));
  if (ip === undefined) return [];
  const hostname = hostnameIn(service, pod);
  const { uid, name, namespace, nodeName } = pod;
  const address: EndpointAddress = {
    ip,
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
  return [{ address, ports, isReady: pod.isReady || spec?.publishNotReadyAddresses === true }];
}

/** Those that are ready first. */
const truncated = (members: readonly Member[]): Member[] =>
  [...members].sort((a, b) => Number(b.isReady) - Number(a.isReady)).slice(0, CAPACITY);

/** Addresses with the same ports are one subset. Source: pkg/api/v1/endpoints, RepackSubsets. */
function subsetsOf(members: readonly Member[]): EndpointSubset[] {
  const byPorts = new Map<string, Member[]>();
  for (const member of members) {
    const key = JSON.stringify(member.ports);
    const same = byPorts.get(key);
    if (same) same.push(member);
    else byPorts.set(key, [member]);
  }
  return [...byPorts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, same]) => subsetOf(same));
}

function subsetOf(members: readonly Member[]): EndpointSubset {
  const addresses = (isReady: boolean): EndpointAddress[] =>
    members
      .filter((member) => member.isReady === isReady)
      .map(({ address }) => address)
      .sort((a, b) => (a.ip < b.ip ? -1 : 1));
  const [ready, notReady] = [addresses(true), addresses(false)];
  const ports = members[0]?.ports ?? [];
  return {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports }),
  };
}
