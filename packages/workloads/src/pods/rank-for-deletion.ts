import { conditionOf, isPodReady, type Pod } from '@everynode/objects';
import { isPodActive } from './pod-state.js';

/** The annotation by which a client says which pods a workload should lose first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const PHASES = ['Pending', 'Unknown', 'Running'];
const phaseRank = (pod: Pod): number => Math.max(0, PHASES.indexOf(pod.status?.phase ?? ''));

/** A cost that cannot be read counts as none. Source: pkg/apis/core/helper, GetDeletionCostFromPodAnnotations. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[DELETION_COST] ?? '';
  const cost = /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
  return Math.abs(cost) < 2 ** 31 ? cost : 0;
}

const readySince = (pod: Pod): string =>
  isPodReady(pod) ? (conditionOf(pod.status, 'Ready')?.lastTransitionTime ?? '') : '';

function maxRestarts(pod: Pod): number {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return Math.max(0, ...[...containerStatuses, ...initContainerStatuses].map(({ restartCount }) => restartCount));
}

/** The power of two of an age: pods of about the same age count as equally old. `at` as the API writes times. */
function ageRank(at: string, now: number): number {
  const nanoseconds = (now - Date.parse(at)) * 1e6;
  return nanoseconds > 0 ? Math.floor(Math.log2(nanoseconds)) : -1;
}

/** Younger first, by powers of two; pods of one rank are ordered by uid. Pods without a time come first. */
function compareTimes(a: string, b: string, ids: readonly [string, string], now: number): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  const difference = ageRank(a, now) - ageRank(b, now);
  if (difference !== 0) return difference;
  return ids[0] < ids[1] ? -1 : 1;
}

/** How many pods of the owner and its relatives are on each node. */
function crowdOf(related: readonly Pod[]): Map<string, number> {
  const crowd = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    if (isPodActive(pod)) crowd.set(node, (crowd.get(node) ?? 0) + 1);
  }
  return crowd;
}

/**
 * Returns the `count` pods that a workload loses first: without a node, not running, not ready, cheap by their
 * annotation, on a node with many related pods, ready for a short time, restarted often, young. `related` are the pods
 * of the workload and of its relatives (the other ReplicaSets of its Deployment). `now` is ms since the epoch.
 * Source: pkg/controller/controller_utils.go, ActivePodsWithRanks; replicaset, getPodsToDelete.
 */
export function podsToDelete<P extends Pod>(
  pods: readonly P[],
  related: readonly Pod[],
  count: number,
  now: number,
): P[] {
  if (count >= pods.length) return [...pods];
  const crowd = crowdOf(related);
  const crowdAt = (pod: Pod): number => crowd.get(pod.spec?.nodeName ?? '') ?? 0;
  const compare = (a: P, b: P): number => {
    const ids = [a.metadata?.uid ?? '', b.metadata?.uid ?? ''] as const;
    return (
      Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
      phaseRank(a) - phaseRank(b) ||
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      deletionCost(a) - deletionCost(b) ||
      crowdAt(b) - crowdAt(a) ||
      compareTimes(readySince(a), readySince(b), ids, now) ||
      maxRestarts(b) - maxRestarts(a) ||
      compareTimes(a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '', ids, now)
    );
  };
  return [...pods].sort(compare).slice(0, count);
}
