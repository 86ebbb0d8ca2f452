import type { PodEvent } from '@everynode/contract';
import type { ContainerRun } from './container-run.js';
import type { PodFailure } from './pod-failure.js';
import type { AssignedPod } from './runtime.js';

/** An event without its time. */
export type PodOccurrence = Omit<PodEvent, 'at'>;

/**
 * An event on one container. Reasons and the form of messages are a kubelet's. Source: pkg/kubelet/events,
 * pkg/kubelet/kuberuntime, pkg/kubelet/images.
 */
function occurrence(run: ContainerRun, type: PodEvent['type'], reason: string, message: string): PodOccurrence {
  const list = run.kind === 'main' ? 'containers' : run.kind === 'ephemeral' ? 'ephemeralContainers' : 'initContainers';
  return { type, reason, message, fieldPath: `spec.${list}{${run.name}}` };
}

export function startedEvents(run: ContainerRun): PodOccurrence[] {
  return [
    occurrence(run, 'Normal', 'Pulled', imagePresent(run)),
    occurrence(run, 'Normal', 'Created', 'Container created'),
    occurrence(run, 'Normal', 'Started', 'Container started'),
  ];
}

const imagePresent = ({ image }: ContainerRun): string =>
  `Container image ${JSON.stringify(image)} already present on machine and can be accessed by the pod`;

/** Source: pkg/kubelet/events, ResizeInfeasible. */
export function infeasibleEvents(message: string): PodOccurrence[] {
  return [{ type: 'Warning', reason: 'ResizeInfeasible', message }];
}

/** Source: pkg/volume/util/operationexecutor, MountVolume.SetUp. */
export function mountFailedEvents(volume: string, fault: string): PodOccurrence[] {
  const message = `MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${fault}`;
  return [{ type: 'Warning', reason: 'FailedMount', message }];
}

export function createFailedEvents(run: ContainerRun, fault: string): PodOccurrence[] {
  return [
    occurrence(run, 'Normal', 'Pulled', imagePresent(run)),
    occurrence(run, 'Warning', 'Failed', `Error: ${fault}`),
  ];
}

/** The node refuses the pod, or ends it. Source: pkg/kubelet, rejectPod; pkg/kubelet/active_deadline.go. */
export function podFailedEvents(type: PodEvent['type'], { reason, message }: PodFailure): PodOccurrence[] {
  return [{ type, reason, message }];
}

export function pullFailedEvents(run: ContainerRun): PodOccurrence[] {
  return [
    occurrence(run, 'Normal', 'Pulling', `Pulling image ${JSON.stringify(run.image)}`),
    occurrence(run, 'Warning', 'Failed', pullError(run)),
    occurrence(run, 'Warning', 'Failed', 'Error: ErrImagePull'),
  ];
}

export function pullWaitingEvents(run: ContainerRun): PodOccurrence[] {
  return [
    occurrence(run, 'Normal', 'BackOff', pullBackOff(run)),
    occurrence(run, 'Warning', 'Failed', 'Error: ImagePullBackOff'),
  ];
}

export function crashLoopEvents(run: ContainerRun, pod: AssignedPod): PodOccurrence[] {
  return [
    occurrence(run, 'Warning', 'BackOff', `Back-off restarting failed container ${run.name} in pod ${podName(pod)}`),
  ];
}

export function unhealthyEvents(run: ContainerRun): PodOccurrence[] {
  return [occurrence(run, 'Warning', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503')];
}

export function killingEvents(run: ContainerRun): PodOccurrence[] {
  return [occurrence(run, 'Normal', 'Killing', `Stopping container ${run.name}`)];
}

export function pullError({ image }: ContainerRun): string {
  return `Failed to pull image ${JSON.stringify(image)}: ${image}: not found`;
}

export function pullBackOff({ image }: ContainerRun): string {
  return `Back-off pulling image ${JSON.stringify(image)}`;
}

export function crashLoopMessage(run: ContainerRun, pod: AssignedPod, backoffMs: number): string {
  return `back-off ${backoffMs / 1000}s restarting failed container=${run.name} pod=${podName(pod)}`;
}

/** As kubelet writes a pod in messages. Source: pkg/kubelet/util/format, Pod. */
function podName({ metadata }: AssignedPod): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}
