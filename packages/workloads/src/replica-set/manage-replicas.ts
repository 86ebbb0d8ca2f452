import type { Pod, ReplicaSet } from '@everynode/objects';
import { isPodActive } from '../pods/pod-state.js';
import { podsToDelete } from '../pods/rank-for-deletion.js';

/** How many pods one pass makes or deletes at most. Source: pkg/controller/replicaset, BurstReplicas. */
const BURST = 500;

/** What a pass does to the pods of a workload. */
export interface ReplicaActions<P extends Pod> {
  create: number;
  deletes: P[];
}

/**
 * Returns how many pods are missing, or which are too many. `owned` are the ReplicaSet's pods, `related` returns those
 * and the pods of its Deployment's other ReplicaSets. `now` is ms since the epoch. A ReplicaSet that is being deleted
 * does nothing. Source: pkg/controller/replicaset/replica_set.go, manageReplicas.
 */
export function manageReplicas<P extends Pod>(
  { metadata, spec }: ReplicaSet,
  owned: readonly P[],
  related: () => readonly Pod[],
  now: number,
): ReplicaActions<P> {
  if (metadata?.deletionTimestamp != null) return { create: 0, deletes: [] };
  const active = owned.filter(isPodActive);
  const missing = (spec?.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, BURST), deletes: [] };
  return { create: 0, deletes: podsToDelete(active, related(), Math.min(-missing, BURST), now) };
}
