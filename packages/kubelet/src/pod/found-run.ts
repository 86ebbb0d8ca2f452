import { sandboxChangedEvents } from '../events/kubelet-events.js';
import { becomeRunning } from '../starting/become-running.js';
import { type ContainerExit, type ContainerRun, isLive } from './container-run.js';
import { ageMs, type Moment } from './moment.js';
import { type PodRun, record } from './pod-run.js';

/** A run of a container that was found on the machine: it runs, or it has ended. */
export interface FoundRun {
  /** The number of the run. */
  instance: number;
  startedAt: string;
  /** Undefined while it runs. */
  exit: ContainerExit | undefined;
}

const LOST_EXIT = 137;

/** The exit of a run of which nothing is known. Source: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses. */
export function lostExit(startedAt: string, now: Moment): ContainerExit {
  return {
    code: LOST_EXIT,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt,
    finishedAt: now.at,
  };
}

/**
 * Corrects what the status of a pod says of a container by the newest run that was found on the machine, and the one
 * before it. A container that the status shows running and that was not found has ended.
 */
export function correctContainer(
  run: PodRun,
  container: ContainerRun,
  { newest, before }: { newest: FoundRun | undefined; before: FoundRun | undefined },
  now: Moment,
): void {
  if (!newest) {
    if (isLive(container)) end(run, container, lostExit(container.startedAt ?? now.at, now), now);
    return;
  }
  const isKnown = isLive(container) && container.restarts === newest.instance;
  container.restarts = newest.instance;
  if (before?.exit) {
    container.lastExit = before.exit;
    container.lastExitMs = now.ms - ageMs(before.exit.finishedAt, now);
  }
  if (newest.exit) {
    end(run, container, newest.exit, now);
    return;
  }
  container.startedAt = newest.startedAt;
  container.startedMs = now.ms - ageMs(newest.startedAt, now);
  container.exit = undefined;
  if (!isKnown) becomeRunning(run, container, now);
}

function end(run: PodRun, container: ContainerRun, exit: ContainerExit, now: Moment): void {
  container.stage = 'idle';
  container.stop = undefined;
  container.startedAt = undefined;
  container.exit = exit;
  container.exitMs = now.ms - ageMs(exit.finishedAt, now);
  container.ready = container.kind === 'init' && exit.code === 0;
  container.started = false;
  container.wasStarted = true;
  run.isChanged = true;
}

/** The sandbox of a pod is gone, as after a restart of the machine: it begins with its first init container. */
export function beginAnew(run: PodRun): void {
  run.sandbox = 'none';
  for (const container of run.containers) {
    container.wasStarted = false;
    if (container.kind !== 'init' || !container.exit) continue;
    container.lastExit = container.exit;
    container.lastExitMs = container.exitMs;
    container.restarts += 1;
    container.exit = undefined;
    container.ready = false;
  }
}

/**
 * The sandbox of a pod has ended while this process was there, and nothing of the pod runs. A pod that does not end
 * begins anew in another one. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, SyncPod.
 */
export function sandboxLost(run: PodRun): void {
  if (run.sandbox !== 'ready' || run.ending) return;
  record(run, sandboxChangedEvents());
  beginAnew(run);
}
