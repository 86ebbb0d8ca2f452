import type { ResourceRequirements } from '@everynode/objects';
import { CPU_PERIOD_US, limitsOf } from '../container-limits.js';
import type { EngineResources } from './engine-objects.js';

/** What an engine holds a container to. There is no swap beyond its limit of memory. */
export function resourcesOf(resources: Pick<ResourceRequirements, 'limits' | 'requests'> | undefined): EngineResources {
  const { memoryBytes = 0, cpuShares, cpuQuotaUs } = limitsOf(resources);
  return {
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    CpuShares: cpuShares,
    CpuPeriod: cpuQuotaUs === undefined ? 0 : CPU_PERIOD_US,
    CpuQuota: cpuQuotaUs ?? 0,
  };
}
