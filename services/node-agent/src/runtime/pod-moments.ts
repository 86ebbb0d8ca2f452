/**
 * What a kubelet records of a pod at each moment of its life: in its containers, and as events. A runtime decides when
 * a moment has come, and these functions are the same for all of them. Times are RFC 3339.
 */
import { begin, type ContainerRun, concludeCrash, end } from './container-run.js';
import {
  crashLoopEvents,
  crashLoopMessage,
  createFailedEvents,
  killingEvents,
  mountFailedEvents,
  podFailedEvents,
  pullBackOff,
  pullError,
  pullFailedEvents,
  pullWaitingEvents,
  startedEvents,
  unhealthyEvents,
} from './kubelet-events.js';
import type { PodFailure } from './pod-failure.js';
import type { PodRun } from './pod-run.js';
import type { StartFaults } from './start-faults.js';

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
  const { ready, started } = container;
  containerStarted(run, container, at);
  container.ready = ready;
  container.started = started;
}

/** The pod is about to be stopped. Its containers stay ready until they end, as long as their probes pass. */
export function podStopping(run: PodRun): void {
  for (const container of run.containers) {
    if (container.startedAt !== undefined) run.occurrences.push(...killingEvents(container));
  }
}

/** A container cannot be created: what it is configured with is not there. */
export function createFailed(container: ContainerRun, fault: string): void {
  container.waiting = { reason: 'CreateContainerConfigError', message: fault };
}

/** Records what keeps the pod from being started; a kubelet says it again each time that it has tried. */
export function startTried(run: PodRun, { volumes, containers }: StartFaults): void {
  for (const [volume, fault] of volumes) run.occurrences.push(...mountFailedEvents(volume, fault));
  if (volumes.size > 0) return;
  for (const container of run.containers) {
    const fault = containers.get(container.name);
    if (fault !== undefined) run.occurrences.push(...createFailedEvents(container, fault));
  }
}

/** The node does not admit the pod: nothing of it is ever started. */
export function podRejected(run: PodRun, { reason, message }: { reason: string; message: string }): void {
  run.failure = { reason, message: `Pod was rejected: ${message}`, rejected: true };
  run.occurrences.push(...podFailedEvents('Warning', { reason, message, rejected: true }));
}

const DEADLINE_EXCEEDED: PodFailure = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
  rejected: false,
};

/** The pod has run for `activeDeadlineSeconds`: what runs of it ends. */
export function podDeadlineExceeded(run: PodRun, code: number, at: string): void {
  run.failure = DEADLINE_EXCEEDED;
  run.occurrences.push(...podFailedEvents('Normal', DEADLINE_EXCEEDED));
  podStopping(run);
  for (const container of run.containers) {
    if (container.startedAt !== undefined) end(container, code, at);
    else concludeCrash(container);
  }
}
