import { isPodDeleting, REVISION_LABEL } from '@everynode/workloads';
import { GENERATION_ANNOTATION, GENERATION_LABEL } from '../pods/daemon-pod.js';
import type { NodeView } from './node-view.js';

/** Which of its DaemonSet's templates a node's pod was made of. */
export interface PodTemplate {
  /** The template's generation when the pod was created: each change of the template counts it up, an undo too. */
  generation: number;
  /** The pod is of the newest revision. */
  isNewest: boolean;
}

/**
 * The template of a node's live pod, where the rollout keeps some nodes old: only then is it asked for. Undefined, too,
 * when the pod does not tell: it has no number, or one that this DaemonSet has not reached (it was adopted), or it is
 * old for its resources alone.
 */
export function templateOf({ compiled, pods, updated }: NodeView, currentHash: string): PodTemplate | undefined {
  const { daemonSet, limits } = compiled;
  if (!limits.canary && limits.partition === 0) return undefined;
  const live = pods.filter((pod) => !isPodDeleting(pod));
  const pod = live.find(updated) ?? live[0];
  const labels = pod?.metadata?.labels;
  const generation = Number(labels?.[GENERATION_LABEL]);
  const newest = Number(daemonSet.metadata?.annotations?.[GENERATION_ANNOTATION]);
  if (!pod || !(generation <= newest)) return undefined;
  const isNewest = updated(pod);
  return !isNewest && labels?.[REVISION_LABEL] === currentHash ? undefined : { generation, isNewest };
}
