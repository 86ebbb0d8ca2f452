import { type ContainerRun, isLive, isOver, type PodRun } from '@everynode/kubelet';

/**
 * What a pod is doing, for people to read. `waiting`: a container waits for its image, for what it is
 * configured with, or for its next start. `rejected`: the node did not admit the pod.
 */
export type PodState =
  | 'creating'
  | 'initialising'
  | 'waiting'
  | 'running'
  | 'ready'
  | 'stopping'
  | 'finished'
  | 'rejected';

export function stateOf(run: PodRun): PodState {
  if (run.failure?.rejected) return 'rejected';
  if (isOver(run)) return run.ending?.why === 'deleted' ? 'stopping' : 'finished';
  if (run.ending) return 'stopping';
  if (run.sandbox !== 'ready') return 'creating';
  const counted = run.containers.filter(({ kind }) => kind !== 'ephemeral');
  if (counted.some((each) => each.kind === 'init' && isLive(each))) return 'initialising';
  if (counted.some(isWaiting)) return 'waiting';
  return counted.every(({ kind, ready }) => kind === 'init' || ready) ? 'ready' : 'running';
}

const isWaiting = (container: ContainerRun): boolean =>
  !isLive(container) &&
  (container.waiting !== undefined || (container.kind !== 'init' && container.exit !== undefined));
