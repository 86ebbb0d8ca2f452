import type { Container, Pod, PodSpec } from '../kinds/api-types.js';
import { podQuantities, quantitiesOf } from '../pod-resources.js';
import type { Quantity } from '../quantity/index.js';
import { type Amounts, ONE } from './amounts.js';
import { specInUse } from './resources-in-use.js';

const PLAIN = ['cpu', 'memory', 'ephemeral-storage'];
const HUGE_PAGES = 'hugepages-';

/** Upstream's word for a resource of no vendor. Source: pkg/apis/core/v1/helper, IsNativeResource. */
export const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** What requests and limits come to, by the names of quotas. Source: pkg/quota/v1/evaluator/core/pods.go. */
function computeAmounts(requests: Amounts, limits: Amounts): Map<string, Quantity> {
  const amounts = new Map([['pods', ONE]]);
  for (const [name, amount] of requests) {
    const isPlain = PLAIN.includes(name) || name.startsWith(HUGE_PAGES);
    if (isPlain) amounts.set(name, amount);
    if (isPlain || (!isNative(name) && !name.startsWith('requests.'))) amounts.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) if (PLAIN.includes(name)) amounts.set(`limits.${name}`, amount);
  return amounts;
}

/**
 * When a pod that is being deleted stops to count though it is still there, in ms since the epoch: it should have ended
 * long ago, and its node is lost.
 */
export function countsUntil({ deletionTimestamp, deletionGracePeriodSeconds }: DeletionMarks): number {
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return Number.POSITIVE_INFINITY;
  return Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

interface DeletionMarks {
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
}

/** True for a pod that uses no resources any more. */
const isOver = ({ metadata, status }: Pod, now: number): boolean =>
  status?.phase === 'Failed' || status?.phase === 'Succeeded' || now >= countsUntil(metadata ?? {});

/**
 * What a pod counts for. `count/pods` has every stored pod, and all other amounts only pods that are not over. `now` is
 * ms since the epoch. Source: pkg/quota/v1/evaluator/core/pods.go, PodUsageFunc.
 */
export function podUsage(pod: Pod, now: number): Map<string, Quantity> {
  const spec = specInUse(pod);
  const amounts = isOver(pod, now)
    ? new Map<string, Quantity>()
    : computeAmounts(podQuantities(spec, 'requests'), podQuantities(spec, 'limits'));
  return amounts.set('count/pods', ONE);
}

/** Each container must name these where a quota has them. */
const DEMANDED = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/**
 * Returns what the containers of a pod must name and do not, as `limits.cpu for: a,b; …`; empty where nothing is
 * missing. `names` are those that a quota counts. Source: pkg/quota/v1/evaluator/core/pods.go, Constraints.
 */
export function missingAmounts(spec: PodSpec, names: readonly string[]): string {
  const demanded = DEMANDED.filter((name) => names.includes(name));
  if (demanded.length === 0 || saysItself(spec)) return '';
  const lackers = new Map<string, Set<string>>();
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const named = namedBy(container);
    for (const name of demanded) {
      if (!named.has(name)) lackers.set(name, (lackers.get(name) ?? new Set()).add(container.name));
    }
  }
  return [...lackers]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, containers]) => `${name} for: ${[...containers].toSorted().join(',')}`)
    .join('; ');
}

const namedBy = ({ resources }: Container): Amounts =>
  computeAmounts(quantitiesOf(resources?.requests), quantitiesOf(resources?.limits));

/** True for a pod whose resources are named for the pod as a whole. */
function saysItself({ resources }: PodSpec): boolean {
  const names = [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})];
  return names.some((name) => name === 'cpu' || name === 'memory' || name.startsWith(HUGE_PAGES));
}
