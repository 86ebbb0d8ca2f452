import { podFailedEvents } from '../events/kubelet-events.js';
import type { Moment } from '../pod/moment.js';
import type { PodFailure } from '../pod/pod-failure.js';
import { type PodRun, tell } from '../pod/pod-run.js';
import { endPod, ownGraceMs } from '../stopping/stop-containers.js';

/** Source: pkg/kubelet/eviction/eviction_manager.go, immediateEvictionGracePeriodSeconds. */
const EVICTION_GRACE_MS = 1000;

/**
 * Ends a pod whose node is short of a resource. A pod that ends already keeps its reason, and has no more time than
 * others: with a long grace it would use the resource meanwhile, and keep the node from evicting any other. Source:
 * pkg/kubelet/pod_workers.go, killPodNow and calculateEffectiveGracePeriod.
 */
export function evictPod(run: PodRun, failure: PodFailure, now: Moment): void {
  tell(run, podFailedEvents('Warning', failure));
  if (!run.ending) run.failure = failure;
  endPod(run, 'over', EVICTION_GRACE_MS, now);
}

/** Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager.go. */
const SHUTDOWN: PodFailure = {
  reason: 'Terminated',
  message: 'Pod was terminated in response to imminent node shutdown.',
  rejected: false,
  isDisruption: true,
};

/**
 * Ends a pod whose node shuts down, within its own grace period and `graceMs`. A pod that ends already has the shorter
 * of the two times.
 */
export function shutDownPod(run: PodRun, graceMs: number, now: Moment): void {
  if (!run.ending) run.failure = SHUTDOWN;
  endPod(run, 'over', Math.min(graceMs, ownGraceMs(run)), now);
}
