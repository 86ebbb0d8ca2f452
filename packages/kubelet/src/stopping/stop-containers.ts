import { killingEvents } from '../events/kubelet-events.js';
import { type ContainerRun, countRun, hookOf, isLive } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import { mayRun, type PodEnding, type PodRun, record } from '../pod/pod-run.js';
import type { Effect } from '../sync/effects.js';

/** Between the signal and the kill a container has this long at least, whatever its hook has left of the time. */
const LEAST_MS = 2000;
const DEFAULT_GRACE_SECONDS = 30;
const DEFAULT_SIGNAL = 'SIGTERM';

/** The time that a pod has to stop when no request says another one. */
export const ownGraceMs = ({ pod }: PodRun): number =>
  (pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;

/** Begins to stop the run of a container. `why` stands in place of the usual words of the event. */
export function killContainer(run: PodRun, container: ContainerRun, graceMs: number, now: Moment, why?: string): void {
  countRun(container);
  record(run, killingEvents(container, why));
  container.stage = 'stopping';
  container.stop = {
    graceMs,
    fromMs: now.ms,
    step: 'hook',
    stepMs: now.ms,
    sleptMs: Number.POSITIVE_INFINITY,
    killMs: Number.POSITIVE_INFINITY,
    isSent: false,
  };
}

/**
 * Ends the pod: nothing is started any more, and what runs is stopped. Of several calls, one can only make the time
 * shorter, and `deleted` is for good.
 */
export function endPod(run: PodRun, why: PodEnding['why'], graceMs: number, now: Moment): void {
  const before = run.ending;
  const endsBefore = before ? before.fromMs + before.graceMs : Number.POSITIVE_INFINITY;
  const isShorter = now.ms + graceMs < endsBefore;
  if (!before) run.isChanged = true;
  run.ending = {
    why: before?.why === 'deleted' ? 'deleted' : why,
    ...(before && !isShorter ? { graceMs: before.graceMs, fromMs: before.fromMs } : { graceMs, fromMs: now.ms }),
  };
  for (const container of run.containers) {
    const { stage, isAsked } = container;
    if (stage === 'checking' || stage === 'pulling' || (stage === 'creating' && !isAsked)) {
      container.stage = 'idle';
      container.attempt += 1;
    } else if (container.stop) {
      if (isShorter) shorten(container.stop, graceMs, now.ms);
    } else if (isLive(container)) killContainer(run, container, graceMs, now);
  }
}

/** Stops a run that has begun while the pod was ending. */
export function killLate(run: PodRun, container: ContainerRun, now: Moment): void {
  const { graceMs, fromMs } = run.ending ?? { graceMs: ownGraceMs(run), fromMs: now.ms };
  killContainer(run, container, Math.max(0, fromMs + graceMs - now.ms), now);
}

function shorten(stop: NonNullable<ContainerRun['stop']>, graceMs: number, nowMs: number): void {
  stop.graceMs = Math.min(stop.graceMs, nowMs - stop.fromMs + graceMs);
  const killMs = nowMs + Math.max(LEAST_MS, graceMs);
  if (stop.step !== 'signalled' || killMs >= stop.killMs) return;
  stop.killMs = killMs;
  stop.isSent = false;
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;

/**
 * Takes the stops of containers further, and returns when to look again. First the stop hook, within the time; then, in
 * a pod that ends and has sidecars, the wait until those have ended that come first; then the signal. Source:
 * pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer.
 */
export function advanceStops(run: PodRun, now: Moment, effects: Effect[]): number {
  let nextMs = Number.POSITIVE_INFINITY;
  for (const container of run.containers) {
    if (container.stop) nextMs = Math.min(nextMs, advanceStop(run, container, container.stop, now, effects));
  }
  return nextMs;
}

function advanceStop(
  run: PodRun,
  container: ContainerRun,
  stop: NonNullable<ContainerRun['stop']>,
  now: Moment,
  effects: Effect[],
): number {
  if (stop.step === 'hook') beginHook(container, stop, now, effects);
  if (stop.step === 'in-hook') {
    const untilMs = Math.min(stop.sleptMs, stop.fromMs + stop.graceMs);
    if (now.ms < untilMs) return untilMs;
    turnTo(stop, now.ms);
  }
  if (stop.step === 'turn') {
    const leftMs = stop.graceMs - wholeSeconds(stop.stepMs - stop.fromMs);
    const untilMs = stop.stepMs + leftMs;
    if (now.ms < untilMs && !hasTurn(run, container)) return untilMs;
    stop.step = 'signalled';
    stop.killMs = now.ms + Math.max(LEAST_MS, leftMs - wholeSeconds(now.ms - stop.stepMs));
  }
  if (!stop.isSent) {
    stop.isSent = true;
    const signal = container.spec.lifecycle?.stopSignal ?? DEFAULT_SIGNAL;
    effects.push({ kind: 'stop', container, signal, graceMs: stop.killMs - now.ms });
  }
  return Number.POSITIVE_INFINITY;
}

function beginHook(
  container: ContainerRun,
  stop: NonNullable<ContainerRun['stop']>,
  now: Moment,
  effects: Effect[],
): void {
  const hook = hookOf(container, 'preStop');
  if (!hook || stop.graceMs <= 0) {
    turnTo(stop, now.ms);
    return;
  }
  stop.step = 'in-hook';
  stop.stepMs = now.ms;
  if (hook.sleep) stop.sleptMs = now.ms + hook.sleep.seconds * 1000;
  else effects.push({ kind: 'run-hook', container, hook: 'preStop', timeoutMs: stop.graceMs });
}

export function turnTo(stop: NonNullable<ContainerRun['stop']>, nowMs: number): void {
  stop.step = 'turn';
  stop.stepMs = nowMs;
}

/**
 * Whether those have ended that end before a container: for a sidecar of a pod that ends, the main containers and the
 * sidecars after it. Source: pkg/kubelet/kuberuntime/kuberuntime_termination_order.go.
 */
function hasTurn(run: PodRun, container: ContainerRun): boolean {
  if (!run.ending || container.kind !== 'sidecar') return true;
  const behind = run.containers.slice(run.containers.indexOf(container) + 1);
  return !behind.some((other) => (other.kind === 'sidecar' || other.kind === 'main') && isLive(other));
}

/** Once nothing of a deleted pod runs, what its containers shared goes too. */
export function removeSandbox(run: PodRun, effects: Effect[]): void {
  if (run.ending?.why !== 'deleted' || mayRun(run)) return;
  if (run.sandbox === 'none') {
    run.sandbox = 'removed';
    run.isChanged = true;
  } else if (run.sandbox === 'ready' || run.sandbox === 'making') {
    run.sandbox = 'removing';
    effects.push({ kind: 'remove-sandbox' });
  }
}
