import { type PodSpec, parseQuantity, qosClassOf, type ResourceRequirements, wholeValue } from '@everynode/objects';
import { isCriticalPod } from '../pod/critical-pod.js';

const GUARANTEED = -997;
const BEST_EFFORT = 1000;
const LOWEST = 1000 + GUARANTEED;

type Resources = Pick<ResourceRequirements, 'limits' | 'requests'> | undefined;

const wholeOf = (quantity: string | undefined): number => Number(wholeValue(parseQuantity(quantity ?? '0')));

/**
 * How readily the kernel kills a container when memory is short: from -997, hardly, to 1000. Source:
 * pkg/kubelet/qos/policy.go.
 */
export function oomScoreAdjust(
  spec: PodSpec,
  resources: Resources,
  capacity: Readonly<Record<string, string>>,
): number {
  if (isCriticalPod({ spec })) return GUARANTEED;
  const qos = qosClassOf(spec);
  if (qos === 'Guaranteed') return GUARANTEED;
  if (qos === 'BestEffort') return BEST_EFFORT;
  const request = wholeOf(resources?.requests?.memory ?? resources?.limits?.memory);
  const memory = wholeOf(capacity.memory);
  const score = memory > 0 ? 1000 - Math.floor((1000 * request) / memory) : BEST_EFFORT - 1;
  // Burstable pods lie between guaranteed ones and those that ask for nothing.
  return Math.min(BEST_EFFORT - 1, Math.max(LOWEST, score));
}
