import type { ContainerState, ContainerStatus } from '@everynode/objects';
import { type ContainerExit, type ContainerRun, isShownRunning } from '../pod/container-run.js';

/** Ids of containers and images, as the runtime knows them. */
export interface ContainerIds {
  /** `<runtime>://<id>` of the run of a pod's container that has this number of restarts. */
  containerId(uid: string, container: ContainerRun, restarts: number): string;
  /** Digest of the image that the container runs. */
  imageId(container: ContainerRun): string;
}

/**
 * The status of one container; `defaultReason` is why it waits where nothing else is known. Source:
 * pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses.
 */
export function containerStatus(
  uid: string,
  run: ContainerRun,
  defaultReason: string,
  ids: ContainerIds,
): ContainerStatus {
  const { startedAt, exit, waiting, restarts } = run;
  const isRunning = isShownRunning(run);
  const terminated = (ended: ContainerExit, instance: number): ContainerState =>
    terminatedState(ended, ids.containerId(uid, run, instance));
  const state: ContainerState =
    isRunning && startedAt !== undefined
      ? { running: { startedAt } }
      : waiting
        ? { waiting }
        : exit
          ? terminated(exit, restarts)
          : { waiting: { reason: defaultReason } };
  // While it waits to be started again, the run that ended is both the newest one and the last one.
  const last = state.waiting && exit ? exit : run.lastExit;
  const begun = isRunning || exit !== undefined || last !== undefined;
  return {
    name: run.name,
    image: run.image,
    imageID: begun ? ids.imageId(run) : '',
    ...(begun && { containerID: ids.containerId(uid, run, restarts) }),
    lastState: last ? terminated(last, last === exit ? restarts : restarts - 1) : {},
    ready: run.ready,
    restartCount: restarts,
    ...(run.kind !== 'ephemeral' && { started: isRunning && run.started && run.kind !== 'init' }),
    state,
    ...(isRunning && resourcesOf(run)),
  };
}

function terminatedState(exit: ContainerExit, containerID: string): ContainerState {
  const { code, reason, message, startedAt, finishedAt } = exit;
  return {
    terminated: {
      exitCode: code,
      reason,
      ...(message !== undefined && { message }),
      startedAt,
      finishedAt,
      containerID,
    },
  };
}

/** Resources that the node has allocated, and those that the container runs with: both are the same at any time. */
function resourcesOf({ resources }: ContainerRun): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  if (!resources?.requests && !resources?.limits) return {};
  return { ...(resources.requests && { allocatedResources: resources.requests }), resources };
}
