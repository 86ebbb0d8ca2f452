import type { Pod } from '@everynode/objects';
import { REVISION_LABEL } from '@everynode/workloads';
import { GENERATION_ANNOTATION, GENERATION_LABEL } from './daemon-pod.js';

/**
 * Whether the pod has the label of the current revision, or that of the template's generation: either is enough.
 * Source: pkg/controller/daemon/util, IsPodUpdated.
 */
export function isPodUpdated(
  podLabels: Readonly<Record<string, string>> | undefined,
  daemonSetAnnotations: Readonly<Record<string, string>> | undefined,
  currentHash: string,
): boolean {
  if (currentHash !== '' && podLabels?.[REVISION_LABEL] === currentHash) return true;
  const generation = daemonSetAnnotations?.[GENERATION_ANNOTATION];
  return generation !== undefined && /^-?\d+$/.test(generation) && podLabels?.[GENERATION_LABEL] === generation;
}

/** Bound before unbound, older first, then by name. Source: controller_utils, podByCreationTimestampAndPhase. */
export function compareDaemonPods(a: Pod, b: Pod): number {
  const bound = Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName));
  if (bound !== 0) return bound;
  const [at, bt] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? ''];
  if (at !== bt) return at < bt ? -1 : 1;
  const [an, bn] = [a.metadata?.name ?? '', b.metadata?.name ?? ''];
  return an < bn ? -1 : an > bn ? 1 : 0;
}
