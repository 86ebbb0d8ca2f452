import { milliValue, parseQuantity, type ResourceRequirements, wholeValue } from '@everynode/objects';

/** What a container is held to. */
export interface ContainerLimits {
  /** undefined: no limit. */
  memoryBytes: number | undefined;
  /** Its part of processors that others want too, 2 to 262144: 1024 for each requested processor. */
  cpuShares: number;
  /** How long it may run in each period of {@link CPU_PERIOD_US}, in µs; undefined: no limit. */
  cpuQuotaUs: number | undefined;
}

export const CPU_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_OF_CPU = 1024;

/** Thousandths of a processor, rounded up. */
const milliCpus = (quantity: string | undefined): number => Number(milliValue(parseQuantity(quantity ?? '0')));

/**
 * What the resources of a container hold it to. A limit of 0 is none. Source: pkg/kubelet/cm/helpers_linux.go,
 * MilliCPUToShares and MilliCPUToQuota; pkg/kubelet/kuberuntime/kuberuntime_container_linux.go.
 */
export function limitsOf(resources: Pick<ResourceRequirements, 'limits' | 'requests'> | undefined): ContainerLimits {
  const { limits, requests } = resources ?? {};
  const memory = Number(wholeValue(parseQuantity(limits?.memory ?? '0')));
  const limit = milliCpus(limits?.cpu);
  const request = milliCpus(requests?.cpu ?? limits?.cpu);
  const shares = Math.floor((request * SHARES_OF_CPU) / 1000);
  return {
    memoryBytes: memory === 0 ? undefined : memory,
    cpuShares: Math.min(MAX_SHARES, Math.max(MIN_SHARES, shares)),
    cpuQuotaUs: limit === 0 ? undefined : Math.max(MIN_QUOTA_US, Math.floor((limit * CPU_PERIOD_US) / 1000)),
  };
}
