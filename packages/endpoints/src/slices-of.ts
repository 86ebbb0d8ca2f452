import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Service,
  type Stored,
  semanticallyEqual,
} from '@everynode/objects';
import { familyOf, hostnameIn, isHeadless, portsIn, type ServedPod } from './served-pod.js';

export const SERVICE_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';
const HEADLESS = 'service.kubernetes.io/headless';

/** Source: --max-endpoints-per-slice of kube-controller-manager. */
const FULL = 100;

/** What a slice holds. Upstream's slices without endpoints or ports have null there. */
export interface SliceContent {
  addressType: string;
  labels: Record<string, string>;
  /** Only of slices that mirror Endpoints. */
  annotations?: Record<string, string>;
  ports: EndpointPort[] | null;
  endpoints: Endpoint[] | null;
}

/** What brings the slices of a service to what it selects. */
export interface SlicePlan {
  create: SliceContent[];
  update: { slice: Stored<EndpointSlice>; content: SliceContent }[];
  remove: Stored<EndpointSlice>[];
}

/**
 * Returns how the slices of a service change. An endpoint stays in its slice; new ones go into slices that change
 * anyway, then into full ones of their own, then into the slice that they fill best.
 * Source: staging/src/k8s.io/endpointslice/reconciler.go, reconcileByPortMapping and reconcileByAddressType.
 */
export function slicesOf(
  service: Stored<Service>,
  pods: readonly ServedPod[],
  existing: readonly Stored<EndpointSlice>[],
): SlicePlan {
  const families = service.spec?.ipFamilies ?? ['IPv4'];
  const plan: SlicePlan = {
    create: [],
    update: [],
    remove: existing.filter(({ addressType }) => !families.includes(addressType)),
  };
  for (const addressType of families) {
    addFamily(
      plan,
      service,
      pods,
      existing.filter((slice) => slice.addressType === addressType),
      addressType,
    );
  }
  return plan;
}

/** Labels of a slice: those of the service, and whose it is. Source: endpointslice/utils.go, setEndpointSliceLabels. */
function labelsOf(service: Stored<Service>): Record<string, string> {
  const { [HEADLESS]: _headless, ...own } = service.metadata.labels ?? {};
  return {
    ...own,
    ...(isHeadless(service) && { [HEADLESS]: '' }),
    [SERVICE_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: SLICE_CONTROLLER,
  };
}

function addFamily(
  plan: SlicePlan,
  service: Stored<Service>,
  pods: readonly ServedPod[],
  existing: readonly Stored<EndpointSlice>[],
  addressType: string,
): void {
  const labels = labelsOf(service);
  const left = new Map<string, Stored<EndpointSlice>[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports);
    left.set(key, [...(left.get(key) ?? []), slice]);
  }
  const groups = groupsOf(service, pods, addressType);
  const before = plan.create.length;
  let kept = 0;
  for (const [key, { ports, endpoints }] of groups) {
    const slices = left.get(key) ?? [];
    left.delete(key);
    kept += addGroup(plan, slices, { addressType, labels, ports, endpoints });
  }
  const gone = [...left.values()].flat();
  if (kept > 0 || plan.create.length > before) {
    plan.remove.push(...gone);
    return;
  }
  // A service without endpoints has one slice that says so.
  const empty: SliceContent = { addressType, labels, ports: null, endpoints: null };
  const placeholder = gone.find(({ ports, endpoints }) => !ports?.length && !endpoints?.length);
  if (!placeholder) plan.create.push(empty);
  else updateIfChanged(plan, placeholder, empty);
  plan.remove.push(...gone.filter((slice) => slice !== placeholder));
}

type Group = { ports: EndpointPort[]; endpoints: Endpoint[] };

export const portsKey = (ports: EndpointSlice['ports'] | null): string =>
  JSON.stringify(
    (ports ?? []).map(({ name = '', port, protocol, appProtocol }) => [name, port, protocol, appProtocol]),
  );

/** Endpoints by the ports that their pods have. */
function groupsOf(service: Stored<Service>, pods: readonly ServedPod[], addressType: string): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const addresses = pod.ips.filter((ip) => familyOf(ip) === addressType);
    if (addresses.length === 0) continue;
    // A port without a name has an empty one in a slice.
    const ports = portsIn(service, pod).map(({ name = '', ...port }) => ({ name, ...port }));
    const key = portsKey(ports);
    const endpoint = endpointOf(service, pod, addresses);
    const group = groups.get(key);
    if (group) group.endpoints.push(endpoint);
    else groups.set(key, { ports, endpoints: [endpoint] });
  }
  return groups;
}

/** Source: endpointslice/utils.go, podToEndpoint. */
function endpointOf(service: Stored<Service>, pod: ServedPod, addresses: string[]): Endpoint {
  const { uid, name, namespace, nodeName, zone, isReady: serving, isTerminating: terminating } = pod;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameIn(service, pod);
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
  };
}

/** What is one endpoint: a client may name a pod for several addresses. Source: endpointset.go, hashEndpoint. */
const identityOf = ({ targetRef, addresses }: Endpoint): string => [targetRef?.uid, ...addresses].join();

/** Puts the endpoints of one group into slices of at most `full`. Returns how many of the existing ones stay. */
export function addGroup(
  plan: SlicePlan,
  slices: readonly Stored<EndpointSlice>[],
  group: SliceContent,
  full = FULL,
): number {
  const wanted = new Map((group.endpoints ?? []).map((endpoint) => [identityOf(endpoint), endpoint]));
  const drafts = slices.map((slice) => {
    const endpoints: Endpoint[] = [];
    let isChanged = false;
    for (const endpoint of slice.endpoints ?? []) {
      const identity = identityOf(endpoint);
      const next = wanted.get(identity);
      if (!next || !semanticallyEqual(endpoint, next)) isChanged = true;
      if (next) endpoints.push(next);
      wanted.delete(identity);
    }
    return { slice, endpoints, isChanged };
  });
  const fresh = [...wanted.values()];
  const alive = drafts.filter(({ endpoints }) => endpoints.length > 0 || fresh.length > 0);
  plan.remove.push(...drafts.filter((draft) => !alive.includes(draft)).map(({ slice }) => slice));
  for (const draft of alive)
    if (draft.isChanged) draft.endpoints.push(...fresh.splice(0, full - draft.endpoints.length));
  while (fresh.length >= full) plan.create.push({ ...group, endpoints: fresh.splice(0, full) });
  if (fresh.length > 0) {
    const [fullest] = alive
      .filter(({ endpoints }) => endpoints.length + fresh.length <= full)
      .sort((a, b) => b.endpoints.length - a.endpoints.length);
    if (fullest) fullest.endpoints.push(...fresh);
    else plan.create.push({ ...group, endpoints: fresh });
  }
  const filled = alive.filter(({ endpoints }) => endpoints.length > 0);
  plan.remove.push(...alive.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice));
  for (const { slice, endpoints } of filled) updateIfChanged(plan, slice, { ...group, endpoints });
  return filled.length;
}

function updateIfChanged(plan: SlicePlan, slice: Stored<EndpointSlice>, content: SliceContent): void {
  const isSame =
    semanticallyEqual(slice.endpoints, content.endpoints) &&
    semanticallyEqual(slice.metadata.labels, content.labels) &&
    (!content.annotations || semanticallyEqual(slice.metadata.annotations ?? {}, content.annotations)) &&
    semanticallyEqual(slice.ports, content.ports);
  if (!isSame) plan.update.push({ slice, content });
}
