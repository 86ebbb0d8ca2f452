import type { PodSpec } from '../kinds/api-types.js';
import { compareQuantities, parseQuantity } from '../quantity/index.js';
import { containersOf } from './pod-spec.js';

type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COUNTED = ['cpu', 'memory'];

const amount = (list: Record<string, string> | undefined, name: string) => parseQuantity(list?.[name] ?? '0');

/**
 * The quality-of-service class for `status.qosClass` (pkg/apis/core/helper/qos). Guaranteed: every container limits CPU
 * and memory, and requests as much. BestEffort: no container names either. Amounts of zero count as unset.
 */
export function qosClassOf(spec: PodSpec): QosClass {
  let named = false;
  let guaranteed = true;
  for (const { resources } of containersOf(spec)) {
    for (const resource of COUNTED) {
      const request = amount(resources?.requests, resource);
      const limit = amount(resources?.limits, resource);
      if (request.nanos > 0n || limit.nanos > 0n) named = true;
      if (limit.nanos <= 0n || compareQuantities(request, limit) !== 0) guaranteed = false;
    }
  }
  if (!named) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
