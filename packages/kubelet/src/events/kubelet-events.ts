import { type AssignedPod, podText } from '../pod/assigned-pod.js';
import type { ContainerRun } from '../pod/container-run.js';
import type { PodFailure } from '../pod/pod-failure.js';
import type { ProbeKind, ProbeOutcome } from '../probes/probe-worker.js';

/** An event on a pod, without its time. */
export interface PodOccurrence {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  fieldPath?: string;
}

/** Longer messages are no events of the API. */
const MAX_MESSAGE = 1024;

/**
 * An event on one container. Reasons and the form of messages are a kubelet's. Source: pkg/kubelet/events,
 * pkg/kubelet/kuberuntime, pkg/kubelet/images, pkg/kubelet/prober.
 */
function occurrence(run: ContainerRun, type: PodOccurrence['type'], reason: string, message: string): PodOccurrence {
  const list = run.kind === 'main' ? 'containers' : run.kind === 'ephemeral' ? 'ephemeralContainers' : 'initContainers';
  return { type, reason, message: message.slice(0, MAX_MESSAGE), fieldPath: `spec.${list}{${run.name}}` };
}

const quoted = ({ image }: ContainerRun): string => JSON.stringify(image);

export const imagePresentEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Normal', 'Pulled', imagePresent(run)),
];

const imagePresent = (run: ContainerRun): string =>
  `Container image ${quoted(run)} already present on machine and can be accessed by the pod`;

const createdEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Normal', 'Created', 'Container created'),
];

export const startedEvents = (run: ContainerRun): PodOccurrence[] => [
  ...createdEvents(run),
  occurrence(run, 'Normal', 'Started', 'Container started'),
];

/** The container could not be created, or not started. */
export const failedEvents = (run: ContainerRun, fault: string): PodOccurrence[] => [
  occurrence(run, 'Warning', 'Failed', `Error: ${fault}`),
];

/** Source: pkg/kubelet/events, ResizeInfeasible. */
export function infeasibleEvents(message: string): PodOccurrence[] {
  return [{ type: 'Warning', reason: 'ResizeInfeasible', message }];
}

/** Source: pkg/volume/util/operationexecutor, MountVolume.SetUp. */
export function mountFailedEvents(volume: string, fault: string): PodOccurrence[] {
  const message = `MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${fault}`;
  return [{ type: 'Warning', reason: 'FailedMount', message: message.slice(0, MAX_MESSAGE) }];
}

/** What the containers of a pod share could not be made. Source: pkg/kubelet/kuberuntime, createPodSandbox. */
export function sandboxFailedEvents(fault: string): PodOccurrence[] {
  const message = `Failed to create pod sandbox: ${fault}`;
  return [{ type: 'Warning', reason: 'FailedCreatePodSandBox', message: message.slice(0, MAX_MESSAGE) }];
}

/** What the containers of a pod share has ended. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, SyncPod. */
export function sandboxChangedEvents(): PodOccurrence[] {
  const message = 'Pod sandbox changed, it will be killed and re-created.';
  return [{ type: 'Normal', reason: 'SandboxChanged', message }];
}

/** Source: pkg/kubelet/kubelet_pods.go, getPullSecretsForPod. */
export function noPullSecretsEvents(names: readonly string[]): PodOccurrence[] {
  const message = `Unable to retrieve some image pull secrets (${names.join(', ')}); attempting to pull the image may not succeed.`;
  return [{ type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message: message.slice(0, MAX_MESSAGE) }];
}

/** A runtime cannot hold a pod to all that it says: no event of a kubelet, which would refuse to start there. */
export function notEnforcedEvents(what: readonly string[]): PodOccurrence[] {
  const message = `This node cannot enforce ${what.join(', ')}`;
  return [{ type: 'Warning', reason: 'LimitsNotEnforced', message: message.slice(0, MAX_MESSAGE) }];
}

export const createFailedEvents = (run: ContainerRun, fault: string): PodOccurrence[] => [
  ...imagePresentEvents(run),
  ...failedEvents(run, fault),
];

/** The node refuses the pod, or ends it. Source: pkg/kubelet, rejectPod; pkg/kubelet/active_deadline.go. */
export function podFailedEvents(type: PodOccurrence['type'], { reason, message }: PodFailure): PodOccurrence[] {
  return [{ type, reason, message }];
}

export const pullingEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Normal', 'Pulling', `Pulling image ${quoted(run)}`),
];

/** `bytes` is the size of the image. */
export function pulledEvents(run: ContainerRun, { ms, bytes }: { ms: number; bytes: number }): PodOccurrence[] {
  const took = secondsText(ms);
  const message = `Successfully pulled image ${quoted(run)} in ${took} (${took} including waiting). Image size: ${bytes} bytes.`;
  return [occurrence(run, 'Normal', 'Pulled', message)];
}

/** As Go writes a duration that is cut to thousandths of a second. */
const secondsText = (ms: number): string => (ms < 1000 ? `${Math.round(ms)}ms` : `${Math.round(ms) / 1000}s`);

export const pullFailedEvents = (run: ContainerRun, fault: string): PodOccurrence[] => [
  occurrence(run, 'Warning', 'Failed', `Failed to pull image ${quoted(run)}: ${fault}`),
  occurrence(run, 'Warning', 'Failed', 'Error: ErrImagePull'),
];

export const pullWaitingEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Normal', 'BackOff', `Back-off pulling image ${quoted(run)}`),
  occurrence(run, 'Warning', 'Failed', 'Error: ImagePullBackOff'),
];

/** The message of a container that waits for the next pull; `fault` is why the last one failed. */
export const pullBackOff = (run: ContainerRun, fault: string): string =>
  `Back-off pulling image ${quoted(run)}: ErrImagePull: ${fault}`;

export const neverPulled = (run: ContainerRun): string =>
  `Container image ${quoted(run)} is not present with pull policy of Never`;

export const neverPulledEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Warning', 'ErrImageNeverPull', neverPulled(run)),
  occurrence(run, 'Warning', 'Failed', 'Error: ErrImageNeverPull'),
];

export const crashLoopEvents = (run: ContainerRun, pod: AssignedPod): PodOccurrence[] => [
  occurrence(run, 'Warning', 'BackOff', `Back-off restarting failed container ${run.name} in pod ${podText(pod)}`),
];

export const crashLoopMessage = (run: ContainerRun, pod: AssignedPod, delay: string): string =>
  `back-off ${delay} restarting failed container=${run.name} pod=${podText(pod)}`;

const KINDS: Readonly<Record<ProbeKind, string>> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};

/** What a try of a probe brought that did not just pass. */
export function probeEvents(run: ContainerRun, kind: ProbeKind, { verdict, output }: ProbeOutcome): PodOccurrence[] {
  const what = `${KINDS[kind]} probe`;
  if (verdict === 'warning') return [occurrence(run, 'Warning', 'ProbeWarning', `${what} warning: ${output}`)];
  const message =
    verdict === 'error' ? `${what} errored and resulted in unknown state: ${output}` : `${what} failed: ${output}`;
  return [occurrence(run, 'Warning', 'Unhealthy', message)];
}

/** A container is about to be stopped; `why` is what a kubelet says in place of its usual words. */
export const killingEvents = (run: ContainerRun, why = `Stopping container ${run.name}`): PodOccurrence[] => [
  occurrence(run, 'Normal', 'Killing', why),
];

export const postStartFailedEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Warning', 'FailedPostStartHook', 'PostStartHook failed'),
];

export const preStopFailedEvents = (run: ContainerRun): PodOccurrence[] => [
  occurrence(run, 'Warning', 'FailedPreStopHook', 'PreStopHook failed'),
];
