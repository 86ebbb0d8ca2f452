import type { NodeUsage, PodUsage } from '@everynode/contract';
import type { PodRun } from '@everynode/kubelet';

/** What was used up to one moment. */
interface UsagePoint {
  /** In ms since 1970. */
  atMs: number;
  /** Processor time since the beginning, in ns. */
  cpuNanoseconds: number;
  /** The working set, in bytes. */
  workingSetBytes: number;
}

export interface ContainerPoint extends UsagePoint {
  name: string;
  /** Number of the run: another one begins at zero. */
  instance: number;
  /** When the run began, in ms since 1970; undefined where that is not known. */
  startedMs: number | undefined;
}

/** What a machine and the containers of its pods have used up to one moment. */
export interface UsageSample {
  machine: UsagePoint;
  /** By the uid of the pod. A container that ended while it was looked at is left out. */
  pods: ReadonlyMap<string, readonly ContainerPoint[]>;
}

/** When the run of a container began, as its pod says; undefined where it does not say it. */
export function startedMsOf({ containers }: PodRun, name: string): number | undefined {
  const { startedAt } = containers.find((one) => one.name === name) ?? {};
  return startedAt === undefined ? undefined : Date.parse(startedAt);
}

/** Source: metrics-server pkg/storage, freshContainerMinMetricsResolution: less than that says little. In ms. */
const FRESH_MS = 10_000;

/**
 * What was used between two samples. A container that began in between counts from its beginning; a pod of which not
 * all containers can be counted is left out. Source: metrics-server pkg/storage, GetMetrics and Store.
 */
export function usageBetween(node: string, before: UsageSample, after: UsageSample): NodeUsage {
  return {
    node,
    ...ratesBetween(before.machine, after.machine),
    pods: [...after.pods].flatMap(([uid, containers]) => podUsage(uid, before.pods.get(uid) ?? [], containers) ?? []),
  };
}

function podUsage(
  uid: string,
  before: readonly ContainerPoint[],
  after: readonly ContainerPoint[],
): PodUsage | undefined {
  const containers: PodUsage['containers'] = [];
  let measured: Pick<PodUsage, 'atMs' | 'windowMs'> | undefined;
  for (const point of after) {
    const from = before.find(({ name, instance }) => name === point.name && instance === point.instance);
    const earlier = from ?? beginningOf(point);
    if (!earlier) return undefined;
    const { atMs, windowMs, ...used } = ratesBetween(earlier, point);
    containers.push({ name: point.name, ...used });
    if (!measured || atMs < measured.atMs) measured = { atMs, windowMs };
  }
  return measured && { uid, ...measured, containers };
}

function beginningOf({ startedMs, atMs }: ContainerPoint): UsagePoint | undefined {
  if (startedMs === undefined || atMs - startedMs < FRESH_MS) return undefined;
  return { atMs: startedMs, cpuNanoseconds: 0, workingSetBytes: 0 };
}

function ratesBetween(before: UsagePoint, { atMs, cpuNanoseconds, workingSetBytes }: UsagePoint) {
  const windowMs = Math.max(1, atMs - before.atMs);
  // What the processes of a container have used may seem to shrink when one ends that was not waited for.
  const used = Math.max(0, cpuNanoseconds - before.cpuNanoseconds);
  return {
    atMs,
    windowMs,
    cpuNanocores: Math.round((used * 1000) / windowMs),
    workingSetBytes: Math.round(workingSetBytes),
  };
}
