import type { ContainerStatus, PodStatus } from '@everynode/objects';

/** The statuses of all containers of a pod, whatever their kind. */
export function containerStatusesOf(status: PodStatus | undefined): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}
