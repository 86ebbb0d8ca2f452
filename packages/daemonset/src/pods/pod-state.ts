import {
  conditionOf,
  controllerOf,
  type DaemonSet,
  matchesLabelSelector,
  type OwnerReference,
  type Pod,
} from '@everynode/objects';
import { GENERATION_ANNOTATION, GENERATION_LABEL, REVISION_LABEL } from './daemon-pod.js';

/** When a ready pod is or becomes available, in ms since the epoch; undefined for a pod that is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = conditionOf(pod.status, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return Number.NEGATIVE_INFINITY;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : since + minReadySeconds * 1000;
}

/** The pod has finished and does not start again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

export function isPodDeleting(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp != null;
}

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

/** What a DaemonSet does with an object of its namespace. `own`: the object is its own already. */
type Claim = 'own' | 'adopt' | 'release' | 'ignore';

/** Source: pkg/controller/controller_ref_manager.go, ClaimObject. */
export function claimOf(
  daemonSet: DaemonSet,
  object: { metadata?: { labels?: Record<string, string>; ownerReferences?: unknown[]; deletionTimestamp?: unknown } },
): Claim {
  const deleting = daemonSet.metadata?.deletionTimestamp != null;
  const owner = controllerOf({ ownerReferences: (object.metadata?.ownerReferences ?? []) as OwnerReference[] });
  const matches = matchesLabelSelector(daemonSet.spec?.selector, object.metadata?.labels);
  if (owner) {
    if (owner.uid !== daemonSet.metadata?.uid) return 'ignore';
    return matches || deleting ? 'own' : 'release';
  }
  return matches && !deleting && object.metadata?.deletionTimestamp == null ? 'adopt' : 'ignore';
}
