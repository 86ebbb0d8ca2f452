import {
  type Container,
  formatQuantity,
  type LimitRange,
  type LimitRangeItem,
  type PodSpec,
  parseQuantity,
  podQuantities,
  type Quantity,
  quantitiesOf,
} from '@everynode/objects';

const ANNOTATION = 'kubernetes.io/limit-ranger';

interface LimitedPod {
  metadata: { annotations?: Record<string, string> };
  spec?: PodSpec;
}

type Amounts = ReadonlyMap<string, Quantity>;
/** By name of the resource. */
export type Quantities = Readonly<Record<string, string | number>> | undefined;

/** Of several ranges that say something of one resource, the first by name decides, wherever a pod comes from. */
export function inOrder(ranges: Iterable<LimitRange>): LimitRange[] {
  const nameOf = ({ metadata }: LimitRange): string => metadata?.name ?? '';
  return [...ranges].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/**
 * Gives containers the requests and limits that a LimitRange has for those that name none, in place. An annotation
 * tells which. Source: plugin/pkg/admission/limitranger/admission.go, mergePodResourceRequirements.
 */
export function setLimitRangeDefaultsOf(pod: LimitedPod, ranges: Iterable<LimitRange>): void {
  for (const { spec } of inOrder(ranges)) {
    const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
    const limits = Object.assign({}, ...items.map((item) => item.default));
    const requests = Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest));
    const set = [
      ...(pod.spec?.containers ?? []).flatMap((container) => complete(container, 'container', requests, limits)),
      ...(pod.spec?.initContainers ?? []).flatMap((one) => complete(one, 'init container', requests, limits)),
    ];
    if (set.length === 0) continue;
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [ANNOTATION]: `LimitRanger plugin set: ${set.join('; ')}`,
    };
  }
}

function complete(container: Container, what: string, requests: object, limits: object): string[] {
  return (
    [
      ['request', 'requests', requests],
      ['limit', 'limits', limits],
    ] as const
  ).flatMap(([word, field, values]) => {
    const missing = Object.entries(values).filter(([name]) => container.resources?.[field]?.[name] === undefined);
    if (missing.length === 0) return [];
    const own = container.resources?.[field];
    container.resources = { ...container.resources, [field]: { ...own, ...Object.fromEntries(missing) } };
    const names = missing.map(([name]) => name).sort();
    return [`${names.join(', ')} ${word} for ${what} ${container.name}`];
  });
}

/**
 * Returns what in a pod a LimitRange does not allow; empty for a pod within its limits.
 * Source: plugin/pkg/admission/limitranger/admission.go, PodValidateLimitFunc.
 */
export function limitRangeFaults(spec: PodSpec, { spec: range }: LimitRange): string[] {
  return (range?.limits ?? []).flatMap((item) => {
    if (item.type === 'Pod') return faultsOf(item, podQuantities(spec, 'requests'), podQuantities(spec, 'limits'));
    if (item.type !== 'Container') return [];
    return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      faultsOf(item, quantitiesOf(resources?.requests), quantitiesOf(resources?.limits)),
    );
  });
}

/**
 * Returns what of the storage that a claim asks for a LimitRange does not allow. What it says of limits is no word of a
 * user. Source: the same file, PersistentVolumeClaimValidateLimitFunc.
 */
export function claimFaults(requests: Quantities, { spec: range }: LimitRange): string[] {
  const asked = quantitiesOf(requests);
  return (range?.limits ?? []).flatMap(({ type, min, max }) => {
    if (type !== 'PersistentVolumeClaim') return [];
    return [
      ...inEach(min, (name, bound) =>
        belowFault(`minimum ${name} usage per ${type} is`, bound, asked.get(name), undefined),
      ),
      ...inEach(max, (name, bound) =>
        requestAboveFault(`maximum ${name} usage per ${type} is`, bound, asked.get(name), undefined),
      ),
    ];
  });
}

/** The faults of bounds, in the order of the resources' names. */
function inEach(values: Quantities, fault: (name: string, bound: Quantity) => string | undefined): string[] {
  return Object.entries(values ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => fault(name, parseQuantity(value)) ?? []);
}

function faultsOf(
  { type, min, max, maxLimitRequestRatio }: LimitRangeItem,
  requests: Amounts,
  limits: Amounts,
): string[] {
  return [
    ...inEach(min, (name, bound) =>
      belowFault(`minimum ${name} usage per ${type} is`, bound, requests.get(name), limits.get(name)),
    ),
    ...inEach(max, (name, bound) =>
      aboveFault(`maximum ${name} usage per ${type} is`, bound, requests.get(name), limits.get(name)),
    ),
    ...inEach(maxLimitRequestRatio, (name, bound) =>
      ratioFault(`${name} max limit to request ratio per ${type} is`, bound, requests.get(name), limits.get(name)),
    ),
  ];
}

type Fault = (
  rule: string,
  bound: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
) => string | undefined;

const belowFault: Fault = (rule, bound, request, limit) => {
  const head = `${rule} ${formatQuantity(bound)}`;
  if (!request) return `${head}.  No request is specified`;
  if (request.nanos < bound.nanos) return `${head}, but request is ${formatQuantity(request)}`;
  if (limit && limit.nanos < bound.nanos) return `${head}, but limit is ${formatQuantity(limit)}`;
  return undefined;
};

const aboveFault: Fault = (rule, bound, request, limit) => {
  const head = `${rule} ${formatQuantity(bound)}`;
  if (!limit) return `${head}.  No limit is specified`;
  if (limit.nanos > bound.nanos) return `${head}, but limit is ${formatQuantity(limit)}`;
  if (request && request.nanos > bound.nanos) return `${head}, but request is ${formatQuantity(request)}`;
  return undefined;
};

const requestAboveFault: Fault = (rule, bound, request) => {
  const head = `${rule} ${formatQuantity(bound)}`;
  if (!request) return `${head}.  No request is specified`;
  return request.nanos > bound.nanos ? `${head}, but request is ${formatQuantity(request)}` : undefined;
};

const ratioFault: Fault = (rule, bound, request, limit) => {
  const head = `${rule} ${formatQuantity(bound)}`;
  if (!request?.nanos) return `${head}, but no request is specified or request is 0`;
  if (!limit?.nanos) return `${head}, but no limit is specified or limit is 0`;
  const ratio = Number(limit.nanos) / Number(request.nanos);
  return ratio > Number(bound.nanos) / 1e9 ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
};
