import type { ContainerState, ContainerStatus } from '@everynode/objects';
import type { ContainerExit, ContainerRun } from './container-run.js';

/** Ids of containers and images, as the runtime knows them. */
export interface ContainerIds {
  /** `<runtime>://<id>` of the run of a pod's container that has this number of restarts. */
  containerId(uid: string, container: ContainerRun, restarts: number): string;
  /** Digest of the image that the container runs. */
  imageId(container: ContainerRun): string;
}

/** The status of one container; `defaultReason` is why it waits where nothing else is known. */
export function containerStatus(
  uid: string,
  run: ContainerRun,
  defaultReason: string,
  ids: ContainerIds,
): ContainerStatus {
  const { startedAt, lastExit } = run;
  const ended = run.ended ?? run.crashed;
  const begun = startedAt !== undefined || ended !== undefined || lastExit !== undefined;
  const state: ContainerState = ended
    ? terminated(ended, ids.containerId(uid, run, run.restarts))
    : startedAt !== undefined
      ? { running: { startedAt } }
      : { waiting: run.waiting ?? { reason: defaultReason } };
  // While it waits to be started again, the run that ended is both the current run and the last one.
  const lastRestarts = state.running || ended ? run.restarts - 1 : run.restarts;
  return {
    name: run.name,
    image: run.image,
    imageID: begun ? ids.imageId(run) : '',
    ...(begun && { containerID: ids.containerId(uid, run, run.restarts) }),
    lastState: lastExit ? terminated(lastExit, ids.containerId(uid, run, lastRestarts)) : {},
    ready: run.ready,
    restartCount: run.restarts,
    ...(run.kind !== 'ephemeral' && { started: startedAt !== undefined && run.started && run.kind !== 'init' }),
    state,
    ...(startedAt !== undefined && resourcesOf(run)),
  };
}

function terminated({ code, reason, startedAt, finishedAt }: ContainerExit, containerID: string): ContainerState {
  return { terminated: { exitCode: code, reason, startedAt, finishedAt, containerID } };
}

/** Resources that the node has allocated, and those that the container runs with: both are the same at any time. */
function resourcesOf({ resources }: ContainerRun): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  if (!resources?.requests && !resources?.limits) return {};
  return { ...(resources.requests && { allocatedResources: resources.requests }), resources };
}
