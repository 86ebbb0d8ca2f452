import {
  failedEvents,
  imagePresentEvents,
  mountFailedEvents,
  neverPulled,
  neverPulledEvents,
  noPullSecretsEvents,
  notEnforcedEvents,
  pulledEvents,
  pullFailedEvents,
  pullingEvents,
  sandboxFailedEvents,
  startedEvents,
} from '../events/kubelet-events.js';
import { type ContainerRun, countRun, hookOf } from '../pod/container-run.js';
import type { Moment } from '../pod/moment.js';
import { type PodRun, record } from '../pod/pod-run.js';
import { stepped } from '../restarts/backoff.js';
import { becomeRunning } from '../starting/become-running.js';
import { killLate } from '../stopping/stop-containers.js';

/** A kubelet shows what has failed until it looks at the pod again: its relist comes once a second. */
export const LOOKS_AGAIN_MS = 1000;
/** What could not be created is tried again after this. Source: pkg/kubelet, backOffPeriod. */
const CREATES_AGAIN_MS = 10_000;
/** Of a container that was created and never started. */
const NEVER_STARTED = '1970-01-01T00:00:00Z';
const START_ERROR_EXIT = 128;

/** The address of a pod whose sandbox was made, or why a volume, or the sandbox as a whole, could not be set up. */
export type SandboxResult = { ip: string | undefined; fault?: undefined } | { fault: string; volume?: string };

/** What could not be mounted is tried again after this, doubled each time. Source: goroutinemap/exponentialbackoff. */
const MOUNTS_AGAIN_MS = 500;
const MOUNTS_AGAIN_MAX_MS = 122_000;

export function sandboxMade(run: PodRun, result: SandboxResult, now: Moment): void {
  // The pod may have been deleted meanwhile.
  if (run.sandbox !== 'making') return;
  run.isChanged = true;
  if (result.fault === undefined) {
    run.sandbox = 'ready';
    run.sandboxTries = 0;
    run.ip = result.ip;
    return;
  }
  run.sandbox = 'none';
  run.sandboxHeldUntilMs = now.ms + Math.min(MOUNTS_AGAIN_MS * 2 ** run.sandboxTries, MOUNTS_AGAIN_MAX_MS);
  run.sandboxTries = Math.min(run.sandboxTries + 1, 10);
  const { fault, volume } = result;
  record(run, volume === undefined ? sandboxFailedEvents(fault) : mountFailedEvents(volume, fault));
}

/** Tells which limits of a pod the runtime does not enforce; `what` names their fields. */
export function tellNotEnforced(run: PodRun, what: readonly string[]): void {
  if (what.length > 0) record(run, notEnforcedEvents(what));
}

/** Tells which secrets there are not to pull an image of a pod with. */
export function tellNoPullSecrets(run: PodRun, names: readonly string[]): void {
  if (names.length > 0) record(run, noPullSecretsEvents(names));
}

export function sandboxRemoved(run: PodRun): void {
  run.sandbox = 'removed';
  run.isChanged = true;
}

/** `Always` for the newest image of a name, as the API's default is. */
function pullPolicyOf({ spec, image }: ContainerRun): string {
  if (spec.imagePullPolicy) return spec.imagePullPolicy;
  const tag = /:([^/:@]+)$/.exec(image)?.[1];
  return image.includes('@') || (tag !== undefined && tag !== 'latest') ? 'IfNotPresent' : 'Always';
}

/** Whether the image is on this machine is known. Source: pkg/kubelet/images/image_manager.go, EnsureImageExists. */
export function imageChecked(run: PodRun, container: ContainerRun, isPresent: boolean, now: Moment): void {
  const policy = pullPolicyOf(container);
  if (isPresent && policy !== 'Always') {
    record(run, imagePresentEvents(container));
    turnTo(container, 'creating');
  } else if (policy === 'Never') {
    container.stage = 'idle';
    container.waiting = { reason: 'ErrImageNeverPull', message: neverPulled(container) };
    container.heldUntilMs = now.ms + CREATES_AGAIN_MS;
    record(run, neverPulledEvents(container));
  } else {
    record(run, pullingEvents(container));
    turnTo(container, 'pulling');
  }
}

function turnTo(container: ContainerRun, stage: 'pulling' | 'creating'): void {
  container.stage = stage;
  container.isAsked = false;
}

/** What a pull has brought: how long it took and the size of the image, or why it failed, in the runtime's words. */
export type PullResult = { ms: number; bytes: number } | { fault: string };

export function imagePulled(run: PodRun, container: ContainerRun, result: PullResult, now: Moment): void {
  if ('fault' in result) {
    container.stage = 'idle';
    container.pullBackoff = stepped(container.pullBackoff, now.ms, now.ms);
    container.pullFault = result.fault;
    container.waiting = { reason: 'ErrImagePull', message: result.fault };
    container.heldUntilMs = now.ms + LOOKS_AGAIN_MS;
    record(run, pullFailedEvents(container, result.fault));
    return;
  }
  container.pullBackoff = undefined;
  container.pullFault = undefined;
  record(run, pulledEvents(container, result));
  turnTo(container, 'creating');
}

export function containerStarted(run: PodRun, container: ContainerRun, now: Moment): void {
  container.startedAt = now.at;
  container.startedMs = now.ms;
  container.hookFault = undefined;
  container.isReplaced = false;
  record(run, startedEvents(container));
  if (run.ending) killLate(run, container, now);
  else if (hookOf(container, 'postStart')) {
    container.stage = 'post-start';
    container.startHook = 'due';
  } else becomeRunning(run, container, now);
}

/**
 * The container could not be created, or, with `isCreated`, not be started: then that counts as a run. `reason` is
 * CreateContainerConfigError or CreateContainerError.
 */
export function startFailed(
  run: PodRun,
  container: ContainerRun,
  { reason, message, isCreated }: { reason?: string; message: string; isCreated: boolean },
  now: Moment,
): void {
  container.stage = 'idle';
  record(run, failedEvents(container, message));
  if (!isCreated) {
    container.waiting = { reason: reason ?? 'CreateContainerError', message };
    container.heldUntilMs = now.ms + CREATES_AGAIN_MS;
    return;
  }
  countRun(container);
  const times = { startedAt: NEVER_STARTED, finishedAt: now.at };
  container.exit = { code: START_ERROR_EXIT, reason: 'StartError', message, ...times };
  container.exitMs = now.ms;
  container.waiting = { reason: 'RunContainerError', message };
  container.heldUntilMs = now.ms + LOOKS_AGAIN_MS;
}
