import { crashLoopEvents, crashLoopMessage, pullBackOff, pullWaitingEvents } from '../events/kubelet-events.js';
import { type ContainerRun, isLive, nextInstance } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import { type PodRun, record } from '../pod/pod-run.js';
import { durationText, stepped, waitsUntil } from '../restarts/backoff.js';
import { isRestarted } from '../restarts/restart-policy.js';
import type { Effect } from '../sync/effects.js';

/** Whether a container does not run, and is to. */
function isWanted({ stage, exit, spec, kind }: ContainerRun, run: PodRun): boolean {
  return stage === 'idle' && (exit === undefined || isRestarted(spec, kind, run.pod.spec, exit.code));
}

/**
 * The containers that may be started, in their order. An init container is done when it has ended with 0; a sidecar is
 * passed once it was started. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computeInitContainerActions.
 */
function startable(run: PodRun): ContainerRun[] {
  const found: ContainerRun[] = [];
  let isHeld = false;
  for (const container of run.containers) {
    const { kind, exit, wasStarted } = container;
    // Those that are added for a look inside start whatever the others do.
    if (kind === 'ephemeral') {
      if (isWanted(container, run)) found.unshift(container);
      continue;
    }
    if (isHeld || (kind === 'init' && exit?.code === 0 && !isLive(container))) continue;
    if (isWanted(container, run)) found.push(container);
    isHeld = kind === 'init' || (kind === 'sidecar' && !wasStarted);
  }
  return found;
}

/**
 * Begins to start the next container that may be started, and returns when to look again. One is started at a time: the
 * next one follows when the first runs and its start hook is done, or when it could not be started.
 */
export function beginStarts(run: PodRun, now: Moment, effects: Effect[]): number {
  const begun = run.containers.find(({ stage }) => stage !== 'idle' && stage !== 'running' && stage !== 'stopping');
  if (begun) {
    goOn(begun, effects);
    return Number.POSITIVE_INFINITY;
  }
  let nextMs = Number.POSITIVE_INFINITY;
  for (const container of startable(run)) {
    const untilMs = heldUntil(run, container, now);
    if (now.ms < untilMs) {
      nextMs = Math.min(nextMs, untilMs);
      continue;
    }
    container.attempt += 1;
    container.stage = 'checking';
    container.isAsked = false;
    goOn(container, effects);
    return Number.POSITIVE_INFINITY;
  }
  return nextMs;
}

/** Has the runtime do what the stage of a container is about, once. */
function goOn(container: ContainerRun, effects: Effect[]): void {
  const { stage, isAsked } = container;
  if (isAsked || stage === 'post-start') return;
  container.isAsked = true;
  if (stage === 'checking') effects.push({ kind: 'check-image', container });
  else if (stage === 'pulling') effects.push({ kind: 'pull-image', container });
  else effects.push({ kind: 'start', container, instance: nextInstance(container) });
}

/** Until when the start of a container waits, with the reason in its status; infinite: until something else changes. */
function heldUntil(run: PodRun, container: ContainerRun, now: Moment): number {
  const fault = run.faults?.containers.get(container.name);
  if (fault !== undefined) {
    container.waiting ??= { reason: 'CreateContainerConfigError', message: fault };
    return Number.POSITIVE_INFINITY;
  }
  if (now.ms < container.heldUntilMs) return container.heldUntilMs;
  const crashMs = crashedUntil(run, container, now);
  if (now.ms < crashMs) return crashMs;
  return pullFailedUntil(run, container, now);
}

/**
 * A run that the kubelet itself has ended is followed at once, unless the one before it is still waited for. Source:
 * pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff.
 */
function crashedUntil(run: PodRun, container: ContainerRun, now: Moment): number {
  const { exit, lastExit, restartBackoff } = container;
  if (!exit) return now.ms;
  if (container.isReplaced) {
    const untilMs = lastExit ? waitsUntil(restartBackoff, container.lastExitMs) : now.ms;
    container.isReplaced = false;
    if (untilMs <= now.ms) {
      if (lastExit) container.restartBackoff = stepped(restartBackoff, container.lastExitMs, now.ms);
      return now.ms;
    }
  }
  const untilMs = waitsUntil(restartBackoff, container.exitMs);
  if (untilMs <= now.ms) {
    container.restartBackoff = stepped(restartBackoff, container.exitMs, now.ms);
    return now.ms;
  }
  if (container.waiting?.reason !== 'CrashLoopBackOff') {
    const delay = durationText(restartBackoff?.delayMs ?? 0);
    container.waiting = { reason: 'CrashLoopBackOff', message: crashLoopMessage(container, run.pod, delay) };
    record(run, crashLoopEvents(container, run.pod));
  }
  return untilMs;
}

function pullFailedUntil(run: PodRun, container: ContainerRun, now: Moment): number {
  const { pullBackoff, pullFault } = container;
  if (!pullBackoff || pullFault === undefined) return now.ms;
  const untilMs = pullBackoff.steppedMs + pullBackoff.delayMs;
  if (now.ms < untilMs && container.waiting?.reason !== 'ImagePullBackOff') {
    container.waiting = { reason: 'ImagePullBackOff', message: pullBackOff(container, pullFault) };
    record(run, pullWaitingEvents(container));
  }
  return untilMs;
}
