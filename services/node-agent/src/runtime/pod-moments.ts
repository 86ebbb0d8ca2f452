/**
 * What a kubelet records of a pod at each moment of its life: in its containers, and as events. A runtime decides when
 * a moment has come, and these functions are the same for all of them. Times are RFC 3339.
 */
import { begin, type ContainerRun, concludeCrash } from './container-run.js';
import {
  crashLoopEvents,
  crashLoopMessage,
  killingEvents,
  pullBackOff,
  pullError,
  pullFailedEvents,
  pullWaitingEvents,
  startedEvents,
  unhealthyEvents,
} from './kubelet-events.js';
import type { PodRun } from './pod-run.js';

export function containerStarted(run: PodRun, container: ContainerRun, at: string): void {
  begin(container, at);
  run.occurrences.push(...startedEvents(container));
}

export function imagePullFailed(run: PodRun, container: ContainerRun): void {
  container.waiting = { reason: 'ErrImagePull', message: pullError(container) };
  run.occurrences.push(...pullFailedEvents(container));
}

/** The next pull waits for its back-off. */
export function imagePullWaits(run: PodRun, container: ContainerRun): void {
  container.waiting = { reason: 'ImagePullBackOff', message: pullBackOff(container) };
  run.occurrences.push(...pullWaitingEvents(container));
}

export function probeFailed(run: PodRun, container: ContainerRun): void {
  run.occurrences.push(...unhealthyEvents(container));
}

/** A container has ended that is to be started again. Its status says so until it waits for that, or runs. */
export function containerCrashed(container: ContainerRun, code: number, at: string): void {
  const reason = code === 0 ? 'Completed' : 'Error';
  container.crashed = { code, reason, startedAt: container.startedAt ?? at, finishedAt: at };
  container.startedAt = undefined;
  container.ready = false;
}

/** A container that has crashed is to be started again after a back-off of `backoffMs`. */
export function restartWaits(run: PodRun, container: ContainerRun, backoffMs: number): void {
  concludeCrash(container);
  container.waiting = { reason: 'CrashLoopBackOff', message: crashLoopMessage(container, run.pod, backoffMs) };
  run.occurrences.push(...crashLoopEvents(container, run.pod));
}

/** A running container was ended with `code` and started anew, as a resize may ask for. Its readiness stays. */
export function containerRestarted(run: PodRun, container: ContainerRun, code: number, at: string): void {
  run.occurrences.push(...killingEvents(container));
  container.lastExit = { code, reason: 'Error', startedAt: container.startedAt ?? at, finishedAt: at };
  container.restarts += 1;
  const { ready } = container;
  containerStarted(run, container, at);
  container.ready = ready;
}

/** The pod is about to be stopped: its main containers are not ready any more. */
export function podStopping(run: PodRun): void {
  for (const container of run.containers) {
    if (container.startedAt !== undefined) run.occurrences.push(...killingEvents(container));
    if (container.kind === 'main') container.ready = false;
  }
}
