import type { PodSpec } from '@everynode/objects';

/** Pods from this priority on are critical to the system. Source: pkg/apis/scheduling, SystemCriticalPriority. */
const CRITICAL_PRIORITY = 2_000_000_000;

/**
 * Whether a node keeps the pod when its resources are short. Source: pkg/kubelet/types, IsCriticalPod, but for static
 * pods, which no agent has: annotations that say so are a user's, and a kubelet does not believe them either.
 */
export const isCriticalPod = ({ spec }: { spec: Pick<PodSpec, 'priority'> }): boolean =>
  (spec.priority ?? 0) >= CRITICAL_PRIORITY;
