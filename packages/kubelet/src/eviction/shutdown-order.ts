import type { AssignedPod } from '../pod/assigned-pod.js';
import { isCriticalPod } from '../pod/critical-pod.js';

/** How long the pods of a machine that shuts down have, in ms: all of them, and of that, the critical ones. */
export interface ShutdownGrace {
  totalMs: number;
  criticalMs: number;
}

/** Pods that end together. The next group waits for them so long at most. */
export interface ShutdownGroup {
  graceMs: number;
  uids: string[];
}

/**
 * In which order the pods of a machine end that shuts down: critical ones last. A group without pods takes no time.
 * Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go, migrateConfig and groupByPriority.
 */
export function shutdownOrder(pods: readonly AssignedPod[], { totalMs, criticalMs }: ShutdownGrace): ShutdownGroup[] {
  const uids = (group: AssignedPod[]) => group.map(({ metadata }) => metadata.uid);
  return [
    { graceMs: Math.max(0, totalMs - criticalMs), uids: uids(pods.filter((pod) => !isCriticalPod(pod))) },
    { graceMs: Math.min(criticalMs, totalMs), uids: uids(pods.filter(isCriticalPod)) },
  ].filter((group) => group.uids.length > 0);
}
