import { podFailedEvents } from '../events/kubelet-events.js';
import { type ContainerRun, hookOf } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import type { PodFailure } from '../pod/pod-failure.js';
import { type PodRun, record } from '../pod/pod-run.js';
import { beginProbes } from '../probes/due-probes.js';
import { isRestarted } from '../restarts/restart-policy.js';
import { becomeRunning } from '../starting/become-running.js';
import { beginStarts } from '../starting/begin-starts.js';
import { advanceStops, endPod, ownGraceMs, removeSandbox } from '../stopping/stop-containers.js';
import type { Effect } from './effects.js';

const DEADLINE_EXCEEDED: PodFailure = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
  rejected: false,
};

/** What is to be done for a pod now, and when to look again if nothing else happens: in ms, monotonic. */
export interface SyncResult {
  effects: Effect[];
  nextMs: number;
}

/**
 * Looks at a pod: what it is to be, what was observed of it, and what time it is. It changes `run` to what follows, and
 * returns what is to be done. It is to be called again after each answer to that, and at `nextMs`. The rules are a
 * kubelet's. Source: pkg/kubelet/kubelet.go, SyncPod; pkg/kubelet/kuberuntime/kuberuntime_manager.go.
 */
export function syncPod(run: PodRun, now: Moment): SyncResult {
  const effects: Effect[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  if (!run.ending) {
    if (now.ms >= run.expiresMs) {
      run.failure = DEADLINE_EXCEEDED;
      record(run, podFailedEvents('Normal', DEADLINE_EXCEEDED));
      endPod(run, 'over', ownGraceMs(run), now);
    } else {
      nextMs = run.expiresMs;
      if (hasEnded(run)) endPod(run, 'over', ownGraceMs(run), now);
      else nextMs = Math.min(nextMs, start(run, now, effects));
    }
  }
  nextMs = Math.min(nextMs, advanceStops(run, now, effects), beginProbes(run, now, effects));
  removeSandbox(run, effects);
  return { effects, nextMs };
}

function start(run: PodRun, now: Moment, effects: Effect[]): number {
  // Before the volumes are there, there is no sandbox.
  if (!run.faults || run.faults.volumes.size > 0) return Number.POSITIVE_INFINITY;
  if (run.sandbox === 'none') {
    if (now.ms < run.sandboxHeldUntilMs) return run.sandboxHeldUntilMs;
    run.sandbox = 'making';
    effects.push({ kind: 'make-sandbox' });
  }
  if (run.sandbox !== 'ready') return Number.POSITIVE_INFINITY;
  const nextMs = advanceStartHooks(run, now, effects);
  return Math.min(nextMs, beginStarts(run, now, effects));
}

function advanceStartHooks(run: PodRun, now: Moment, effects: Effect[]): number {
  let nextMs = Number.POSITIVE_INFINITY;
  for (const container of run.containers) {
    if (container.stage !== 'post-start') continue;
    if (container.startHook === 'due') {
      container.startHook = 'busy';
      const sleep = hookOf(container, 'postStart')?.sleep;
      container.sleptMs = sleep ? now.ms + sleep.seconds * 1000 : Number.POSITIVE_INFINITY;
      if (!sleep) effects.push({ kind: 'run-hook', container, hook: 'postStart', timeoutMs: undefined });
    }
    if (container.sleptMs <= now.ms) becomeRunning(run, container, now);
    else nextMs = Math.min(nextMs, container.sleptMs);
  }
  return nextMs;
}

/** An init container has failed for good, or all main containers have ended and none is started again. */
function hasEnded({ containers, pod: { spec } }: PodRun): boolean {
  const isDone = ({ stage, exit, spec: own, kind }: ContainerRun): boolean =>
    stage === 'idle' && exit !== undefined && !isRestarted(own, kind, spec, exit.code);
  let mains = 0;
  let done = 0;
  for (const container of containers) {
    if (container.kind === 'init' && container.exit?.code !== 0 && isDone(container)) return true;
    if (container.kind !== 'main') continue;
    mains += 1;
    if (isDone(container)) done += 1;
  }
  return mains > 0 && done === mains;
}
