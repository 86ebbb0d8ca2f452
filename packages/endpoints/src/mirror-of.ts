import type { Endpoint, EndpointAddress, EndpointSlice, EndpointSubset, Endpoints, Stored } from '@everynode/objects';
import { familyOf } from './served-pod.js';
import { addGroup, MANAGED_BY_LABEL, portsKey, SERVICE_LABEL, type SliceContent, type SlicePlan } from './slices-of.js';

export const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
/** Annotations that say nothing of the addresses. */
const NOT_MIRRORED = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
]);
/** More addresses of a subset than this are left out. Source: --mirroring-max-endpoints-per-subset. */
const MOST = 1000;

/** False for Endpoints that say so, or that only hold a lock. Source: shouldMirror. */
export const isMirrored = ({ metadata }: Endpoints): boolean =>
  metadata?.labels?.[SKIP_LABEL] !== 'true' && metadata?.annotations?.[LEADER_ANNOTATION] === undefined;

/**
 * Returns how the slices change that mirror Endpoints which a client keeps for a service without a selector: one for
 * the addresses of a family with the same ports.
 * Source: pkg/controller/endpointslicemirroring/reconciler.go, reconcile.
 */
export function mirrorOf(endpoints: Stored<Endpoints>, existing: readonly Stored<EndpointSlice>[]): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const left = new Map<string, Stored<EndpointSlice>[]>();
  for (const slice of existing) {
    const key = keyOf(slice.addressType, slice.ports);
    left.set(key, [...(left.get(key) ?? []), slice]);
  }
  for (const [key, content] of contentsOf(endpoints)) {
    addGroup(plan, left.get(key) ?? [], content, MOST);
    left.delete(key);
  }
  plan.remove.push(...[...left.values()].flat());
  return plan;
}

const keyOf = (addressType: string, ports: EndpointSlice['ports'] | null): string => addressType + portsKey(ports);

function contentsOf({ metadata, subsets = [] }: Stored<Endpoints>): Map<string, SliceContent> {
  const labels = { ...metadata.labels, [SERVICE_LABEL]: metadata.name, [MANAGED_BY_LABEL]: MIRRORING_CONTROLLER };
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([name]) => !NOT_MIRRORED.has(name)),
  );
  type Content = SliceContent & { endpoints: Endpoint[] };
  const contents = new Map<string, Content>();
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map(({ name = '', ...port }) => ({ name, ...port }));
    for (const endpoint of endpointsIn(subset)) {
      const addressType = familyOf(endpoint.addresses[0] ?? '');
      const key = keyOf(addressType, ports);
      const content: Content = contents.get(key) ?? { addressType, labels, annotations, ports, endpoints: [] };
      content.endpoints.push(endpoint);
      contents.set(key, content);
    }
  }
  return contents;
}

/** An address that is there twice counts once. Source: endpointset, addressToEndpoint. */
function endpointsIn({ addresses = [], notReadyAddresses = [] }: EndpointSubset): Endpoint[] {
  const byIp = new Map<string, Endpoint>();
  const add = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): void => {
    if (byIp.has(ip)) return;
    byIp.set(ip, {
      addresses: [ip],
      conditions: { ready },
      ...(hostname && { hostname }),
      ...(targetRef && { targetRef }),
      ...(nodeName && { nodeName }),
    });
  };
  for (const address of addresses) add(address, true);
  for (const address of notReadyAddresses) add(address, false);
  return [...byIp.values()].slice(0, MOST);
}
