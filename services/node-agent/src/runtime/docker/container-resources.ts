import { milliValue, parseQuantity, type ResourceRequirements, wholeValue } from '@everynode/objects';
import type { EngineResources } from './engine-objects.js';

const PERIOD = 100_000;
const MIN_QUOTA = 1000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_OF_CPU = 1024;

/** Thousandths of a processor, rounded up. */
const milliCpus = (quantity: string | undefined): number => Number(milliValue(parseQuantity(quantity ?? '0')));

/**
 * What a container is held to. There is no swap beyond its limit of memory. Source: pkg/kubelet/cm/helpers_linux.go,
 * MilliCPUToShares and MilliCPUToQuota; pkg/kubelet/kuberuntime/kuberuntime_container_linux.go.
 */
export function resourcesOf(resources: Pick<ResourceRequirements, 'limits' | 'requests'> | undefined): EngineResources {
  const { limits, requests } = resources ?? {};
  const memory = Number(wholeValue(parseQuantity(limits?.memory ?? '0')));
  const limit = milliCpus(limits?.cpu);
  const request = milliCpus(requests?.cpu ?? limits?.cpu);
  const shares = Math.floor((request * SHARES_OF_CPU) / 1000);
  return {
    Memory: memory,
    MemorySwap: memory,
    CpuShares: Math.min(MAX_SHARES, Math.max(MIN_SHARES, shares)),
    CpuPeriod: limit === 0 ? 0 : PERIOD,
    CpuQuota: limit === 0 ? 0 : Math.max(MIN_QUOTA, Math.floor((limit * PERIOD) / 1000)),
  };
}
