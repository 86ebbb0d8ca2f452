import type { ContainerStatus } from '@everynode/objects';
import { containerStatusesOf } from '../status/container-statuses.js';
import { isDisrupted } from '../status/pod-conditions.js';
import { endPod, ownGraceMs } from '../stopping/stop-containers.js';
import type { ContainerExit, ContainerRun } from './container-run.js';
import { ageMs, type Moment } from './moment.js';
import type { PodRun } from './pod-run.js';

/**
 * Sets a pod that ran before this process began to what its status says of it: nothing is started, stopped or counted
 * for that. What waits to be started again begins with a new back-off, as after a restart of a kubelet.
 */
export function takeOver(run: PodRun, now: Moment): void {
  const { phase, reason, message = '', podIP, containerStatuses = [] } = run.pod.status ?? {};
  const statuses = new Map(containerStatusesOf(run.pod.status).map((status) => [status.name, status]));
  for (const container of run.containers) {
    const status = statuses.get(container.name);
    if (status) takeContainer(container, status, now);
  }
  if (podIP !== undefined) {
    run.sandbox = 'ready';
    run.ip = podIP;
  }
  if (phase !== 'Succeeded' && phase !== 'Failed') return;
  // What still runs of a pod that others have failed is stopped.
  endPod(run, 'over', ownGraceMs(run), now);
  if (phase === 'Failed' && reason !== undefined) {
    const isDisruption = isDisrupted(run.pod.status ?? {});
    run.failure = { reason, message, rejected: containerStatuses.length === 0, isDisruption };
  }
}

function takeContainer(container: ContainerRun, status: ContainerStatus, now: Moment): void {
  const { state, lastState, restartCount, ready, started } = status;
  container.restarts = restartCount;
  const last = exitOf(lastState?.terminated);
  if (state?.running) {
    container.stage = 'running';
    container.startedAt = String(state.running.startedAt);
    container.startedMs = now.ms - ageMs(state.running.startedAt, now);
    container.ready = ready;
    container.started = started ?? true;
    container.lastExit = last;
  } else {
    container.exit = exitOf(state?.terminated) ?? last;
    container.lastExit = state?.terminated ? last : undefined;
    container.ready = container.kind === 'init' && container.exit?.code === 0;
  }
  container.wasStarted = started === true || container.exit !== undefined;
  container.exitMs = now.ms - ageMs(container.exit?.finishedAt, now);
  container.lastExitMs = now.ms - ageMs(container.lastExit?.finishedAt, now);
  for (const worker of container.workers) {
    const passes = worker.kind === 'readiness' ? ready : worker.kind === 'liveness' || started === true;
    if (passes) worker.result = 'success';
    worker.onHold = worker.kind === 'startup' && passes;
  }
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function exitOf(terminated: Terminated | undefined): ContainerExit | undefined {
  if (!terminated) return undefined;
  const { exitCode, reason, message, startedAt, finishedAt } = terminated;
  return {
    code: exitCode,
    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
    ...(message !== undefined && { message }),
    startedAt: String(startedAt ?? ''),
    finishedAt: String(finishedAt ?? ''),
  };
}
