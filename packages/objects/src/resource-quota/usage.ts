import type { PersistentVolumeClaimSpec, Pod, ServiceSpec } from '../kinds/api-types.js';
import { compareQuantities, parseQuantity, type Quantity, wholeValue } from '../quantity/index.js';
import { type Amounts, countOf, ONE, ZERO } from './amounts.js';
import { isNative, podUsage } from './pod-usage.js';

/** What a quota may look at in an object. */
export interface CountedObject {
  metadata?: { annotations?: Record<string, string> };
  spec?: unknown;
  status?: unknown;
}

/** The part of a claim that is counted. */
export interface CountedClaim {
  metadata?: { annotations?: Record<string, string> };
  spec?: PersistentVolumeClaimSpec;
  status?: {
    allocatedResources?: Record<string, string>;
    currentVolumeAttributesClassName?: string;
    modifyVolumeStatus?: { targetVolumeAttributesClassName?: string };
  };
}

/** Quotas count these resources under a name of their own too. Source: pkg/quota/v1/evaluator/core/registry.go. */
const ALIASES: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** Events are not counted: no client makes them. Source: pkg/quota/v1/install, DefaultIgnoredResources. */
export const isCounted = (resource: string): boolean => resource !== 'events';

/** True where it takes the object to say what it counts for: of others one is as good as another. */
export const countsByContent = (resource: string): boolean =>
  resource === 'pods' || resource === 'services' || resource === 'persistentvolumeclaims';

/**
 * What an object counts for. `resource` is the storage name: `pods`, `daemonsets.apps`; `now` is ms since the epoch.
 * Source: pkg/quota/v1/evaluator/core, the Usage of each evaluator.
 */
export function usageOf(resource: string, object: CountedObject, now: number): Amounts {
  if (resource === 'pods') return podUsage(object as Pod, now);
  const amounts = new Map([[`count/${resource}`, ONE]]);
  if (ALIASES.has(resource)) return amounts.set(resource, ONE);
  if (resource === 'services') return addService(amounts, (object as { spec?: ServiceSpec }).spec ?? {});
  if (resource === 'persistentvolumeclaims') return addClaim(amounts, object as CountedClaim);
  return amounts;
}

/** Ports are counted by what was asked for: they have no number yet when the service is made. */
function addService(amounts: Map<string, Quantity>, spec: ServiceSpec): Amounts {
  const { type, ports = [], allocateLoadBalancerNodePorts = true } = spec;
  const isBalanced = type === 'LoadBalancer';
  const counted = isBalanced && !allocateLoadBalancerNodePorts ? ports.filter(({ nodePort }) => nodePort) : ports;
  return amounts
    .set('services', ONE)
    .set('services.loadbalancers', isBalanced ? ONE : ZERO)
    .set('services.nodeports', isBalanced || type === 'NodePort' ? countOf(counted.length) : ZERO);
}

const STORAGE_CLASS = '.storageclass.storage.k8s.io/';
const CLAIMS = 'persistentvolumeclaims';
const STORAGE = 'requests.storage';

function addClaim(amounts: Map<string, Quantity>, claim: CountedClaim): Amounts {
  const { metadata, spec } = claim;
  const storageClass =
    metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
  const storage = storageOf(claim);
  const counted = new Map([[CLAIMS, ONE]]);
  if (storage) counted.set(STORAGE, storage);
  for (const [name, amount] of counted) {
    amounts.set(name, amount);
    if (storageClass) amounts.set(storageClass + STORAGE_CLASS + name, amount);
  }
  return amounts;
}

/** What a claim asks for, in whole bytes, or what it has got already where that is more. */
function storageOf({ spec, status }: CountedClaim): Quantity | undefined {
  const asked = spec?.resources?.requests?.storage;
  if (asked === undefined) return undefined;
  const allocated = parseQuantity(status?.allocatedResources?.storage ?? '0');
  const request = parseQuantity(asked);
  const { format, ...amount } = compareQuantities(allocated, request) > 0 ? allocated : request;
  return { nanos: wholeValue({ ...amount, format }) * ONE.nanos, format };
}

const POD_AMOUNTS: ReadonlySet<string> = new Set([
  'count/pods',
  'pods',
  ...['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

/**
 * True where the objects of a resource may count under a name.
 * Source: pkg/quota/v1/evaluator/core, the MatchingResources of each evaluator.
 */
export function mayCountAs(resource: string, name: string): boolean {
  if (resource === 'pods') {
    const isExtended = name.startsWith('requests.') && !isNative(name);
    return POD_AMOUNTS.has(name) || /^(requests\.)?hugepages-/.test(name) || isExtended;
  }
  if (name === `count/${resource}`) return true;
  if (ALIASES.has(resource)) return name === resource;
  if (resource === 'services') return /^services(\.(loadbalancers|nodeports))?$/.test(name);
  if (resource !== CLAIMS) return false;
  return [CLAIMS, STORAGE].some((one) => name === one || name.endsWith(STORAGE_CLASS + one));
}
