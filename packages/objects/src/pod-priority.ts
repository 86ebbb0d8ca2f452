import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { ApiError } from './api-error.js';

/** What a PriorityClass says, of what a pod takes from it. */
export interface PriorityFacts {
  value?: number;
  preemptionPolicy?: string;
}

/**
 * Gives a pod the priority of its class; one without a class has priority 0. Source: plugin/pkg/admission/priority.
 * @throws ApiError Forbidden for a class that is not there.
 */
export function resolvePriority(
  pod: string,
  spec: PodSpec & { preemptionPolicy?: string },
  find: (className: string) => PriorityFacts | undefined,
): PodSpec {
  const name = spec.priorityClassName;
  if (!name) {
    return { ...spec, priority: spec.priority ?? 0, preemptionPolicy: spec.preemptionPolicy ?? DEFAULT_POLICY };
  }
  const found = find(name);
  if (!found) {
    throw new ApiError(
      'Forbidden',
      `pods ${JSON.stringify(pod)} is forbidden: no PriorityClass with name ${name} was found`,
      { kind: 'pods', name: pod },
    );
  }
  return { ...spec, priority: found.value ?? 0, preemptionPolicy: found.preemptionPolicy ?? DEFAULT_POLICY };
}

const DEFAULT_POLICY = 'PreemptLowerPriority';
