import type { Probe } from '@everynode/objects';
import { postStartFailedEvents, preStopFailedEvents, probeEvents } from '../events/kubelet-events.js';
import { type ContainerExit, type ContainerRun, countRun, isLive } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import { type PodRun, record, tell } from '../pod/pod-run.js';
import { concludeTry, type ProbeOutcome, type ProbeWorker } from '../probes/probe-worker.js';
import { isRestarted } from '../restarts/restart-policy.js';
import { becomeRunning, becomeStarted } from '../starting/become-running.js';
import { killContainer, ownGraceMs, turnTo } from '../stopping/stop-containers.js';
import { LOOKS_AGAIN_MS } from './starting.js';

/** What a runtime knows of an end: the code, and why it is no usual one (`OOMKilled`). Times are RFC 3339. */
export interface ObservedExit {
  code: number;
  reason?: string;
  message?: string;
  finishedAt?: string;
}

/** The end of a run that began at a time, with what a runtime does not say of it. */
export function wholeExit(
  { code, reason, message, finishedAt }: ObservedExit,
  startedAt: string,
  { at }: Pick<Moment, 'at'>,
): ContainerExit {
  return {
    code,
    reason: reason ?? (code === 0 ? 'Completed' : 'Error'),
    ...(message !== undefined && { message }),
    startedAt,
    finishedAt: finishedAt ?? at,
  };
}

/** The run of a container has ended. */
export function containerExited(run: PodRun, container: ContainerRun, observed: ObservedExit, now: Moment): void {
  if (!isLive(container)) return;
  const { code } = observed;
  const exit = wholeExit(observed, container.startedAt ?? now.at, now);
  countRun(container);
  container.stage = 'idle';
  container.attempt += 1;
  container.exit = exit;
  container.exitMs = now.ms;
  container.startedAt = undefined;
  container.stop = undefined;
  container.startHook = 'none';
  container.started = false;
  container.ready = container.kind === 'init' && code === 0;
  container.heldUntilMs = container.isReplaced ? now.ms : now.ms + LOOKS_AGAIN_MS;
  container.waiting =
    container.hookFault === undefined ? undefined : { reason: 'PostStartHookError', message: container.hookFault };
  run.isChanged = true;
}

/** A hook has ended; `fault` is why it failed. */
export function hookEnded(
  run: PodRun,
  container: ContainerRun,
  hook: 'postStart' | 'preStop',
  fault: string | undefined,
  now: Moment,
): void {
  if (hook === 'preStop') {
    if (container.stop?.step !== 'in-hook') return;
    if (fault !== undefined) record(run, preStopFailedEvents(container));
    turnTo(container.stop, now.ms);
  } else if (container.stage === 'post-start') {
    if (fault === undefined) becomeRunning(run, container, now);
    else {
      record(run, postStartFailedEvents(container));
      container.hookFault = fault;
      killContainer(run, container, ownGraceMs(run), now, 'FailedPostStartHook');
    }
  }
}

const FIELDS = { startup: 'startupProbe', liveness: 'livenessProbe' } as const;

/** A probe was tried. Source: pkg/kubelet/prober/worker.go, doProbe. */
export function probeTried(
  run: PodRun,
  container: ContainerRun,
  worker: ProbeWorker,
  outcome: ProbeOutcome,
  now: Moment,
): void {
  const { isTold, isSettled } = concludeTry(worker, outcome, now.ms);
  if (isTold) tell(run, probeEvents(container, worker.kind, outcome));
  if (!isSettled) return;
  run.isChanged = true;
  const { kind, result } = worker;
  if (kind === 'readiness') container.ready = result === 'success';
  else if (result === 'success') {
    if (kind === 'startup') becomeStarted(container, now);
  } else if (!container.stop) {
    const probes: Partial<Record<(typeof FIELDS)[typeof kind], Probe>> = container.spec;
    const seconds = probes[FIELDS[kind]]?.terminationGracePeriodSeconds;
    const graceMs = seconds === undefined ? ownGraceMs(run) : seconds * 1000;
    replace(run, container, graceMs, `Container ${container.name} failed ${kind} probe`, now);
  }
}

/** Ends the run of a container so that another one follows, where its policy allows that. */
function replace(run: PodRun, container: ContainerRun, graceMs: number, why: string, now: Moment): void {
  const KILLED = 137;
  container.isReplaced = isRestarted(container.spec, container.kind, run.pod.spec, KILLED);
  killContainer(run, container, graceMs, now, container.isReplaced ? `${why}, will be restarted` : why);
}

/** The container is to run in another form. */
export function containerChanged(run: PodRun, container: ContainerRun, why: string, now: Moment): void {
  container.isReplaced = true;
  killContainer(run, container, ownGraceMs(run), now, why);
}
