import { isPodReady, type Pod, type StatefulSet, type StatefulSetStatus, type Stored } from '@everynode/objects';
import { isPodAvailable, isPodDeleting } from '../pods/pod-state.js';
import { replicasOf, revisionOf } from './identity.js';

/** The revisions of a pass, by name. */
export interface RevisionNames {
  current: string;
  update: string;
}

const isRunning = ({ status }: Pod): boolean => status?.phase === 'Running';

/** Source: stateful_set_utils.go, isRunningAndReady. */
const isRunningAndReady = (pod: Pod): boolean => isRunning(pod) && isPodReady(pod);

/** `now` is ms since the epoch. Source: stateful_set_utils.go, isRunningAndAvailable. */
export const isRunningAndAvailable = ({ spec }: StatefulSet, pod: Pod, now: number): boolean =>
  isRunning(pod) && isPodAvailable(pod, spec?.minReadySeconds ?? 0, now);

/**
 * Returns the status of a StatefulSet by its pods. `ended` are pods that this pass deletes for an update: they are no
 * longer current. What other writers put there stays.
 * Source: stateful_set_control.go, updateStatus; stateful_set_utils.go, completeRollingUpdate.
 */
export function statefulSetStatus(
  set: Stored<StatefulSet>,
  pods: readonly Pod[],
  { current, update }: RevisionNames,
  ended: number,
  now: number,
): StatefulSetStatus {
  const { spec, status, metadata } = set;
  const living = pods.filter((pod) => !isPodDeleting(pod));
  const countOf = (of: readonly Pod[], is: (pod: Pod) => boolean): number => of.filter(is).length;
  const replicas = pods.length;
  const readyReplicas = countOf(pods, isRunningAndReady);
  const updatedReplicas = countOf(living, (pod) => revisionOf(pod) === update);
  const wanted = replicasOf(set);
  const isComplete =
    spec?.updateStrategy?.type === 'RollingUpdate' &&
    [updatedReplicas, readyReplicas, replicas].every((count) => count === wanted);
  const currentReplicas = isComplete
    ? updatedReplicas
    : Math.max(0, countOf(living, (pod) => revisionOf(pod) === current) - ended);
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    replicas,
    ...(readyReplicas > 0 && { readyReplicas }),
    ...(currentReplicas > 0 && { currentReplicas }),
    ...(updatedReplicas > 0 && { updatedReplicas }),
    currentRevision: isComplete ? update : current,
    updateRevision: update,
    collisionCount: status?.collisionCount ?? 0,
    availableReplicas: countOf(pods, (pod) => isRunningAndAvailable(set, pod, now)),
    ...(status?.conditions && { conditions: status.conditions }),
  };
}
