import { toleratesTaint } from '@everynode/daemonset';
import type { Taint, Toleration } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { type Disruption, decideDisruption } from '../../pod-termination/terminate-pod.js';

/** A NoExecute taint and when it began to count, ms on the monotonic clock. */
export interface ActiveTaint {
  taint: Taint;
  sinceMs: number;
}

/**
 * Returns when a pod has to leave a node with these NoExecute taints; undefined when it may stay. All times are in ms
 * on one clock.
 * An untolerated taint counts from its start. A tolerated one counts for the shortest of its tolerations' seconds, from
 * the later of the taint's start and the pod's (`podSinceMs`).
 *
 * Source: pkg/controller/tainteviction, processPodOnNode. Unlike there, seconds count from timeAdded and not from when
 * this process first looked, so that a restart or a lost shard does not start them anew.
 */
export function evictionTime(
  taints: readonly ActiveTaint[],
  tolerations: readonly Toleration[],
  podSinceMs: number,
): number | undefined {
  let earliest: number | undefined;
  for (const { taint, sinceMs } of taints) {
    const used = tolerations.filter((toleration) => toleratesTaint(toleration, taint));
    const metMs = Math.max(sinceMs, podSinceMs);
    const seconds = used.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    // A toleration without seconds does not extend the others.
    const leaveMs =
      used.length === 0 ? metMs : seconds.length > 0 ? metMs + Math.max(0, Math.min(...seconds)) * 1000 : undefined;
    if (leaveMs !== undefined && (earliest === undefined || leaveMs < earliest)) earliest = leaveMs;
  }
  return earliest;
}

const DISRUPTION: Disruption = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};

/** Deletes the pod gracefully and records in its status why. `now` is ms since the epoch. */
export function decideEviction(current: Current<'all'> | undefined, uid: string, now: number): Decision {
  return decideDisruption(current, uid, DISRUPTION, now);
}
