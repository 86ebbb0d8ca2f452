import type { Deployment } from '@everynode/objects';
import { scaled } from '../int-or-percent.js';
import { type Draft, sumReplicas, wantedReplicas } from './draft.js';

/** maxSurge and maxUnavailable of a rolling update as numbers of pods; 0 for other strategies. */
interface Fenceposts {
  maxSurge: number;
  maxUnavailable: number;
}

export const isRolling = ({ spec }: Deployment): boolean => spec?.strategy?.type === 'RollingUpdate';

/** Source: pkg/controller/deployment/util, ResolveFenceposts, MaxSurge and MaxUnavailable. */
export function fenceposts(deployment: Deployment): Fenceposts {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const wanted = wantedReplicas(deployment);
  const { rollingUpdate } = deployment.spec?.strategy ?? {};
  const maxSurge = scaled(rollingUpdate?.maxSurge, wanted);
  const asked = scaled(rollingUpdate?.maxUnavailable, wanted, 'down');
  // Percentages of few pods may make both 0; then no pod would ever be replaced.
  const maxUnavailable = maxSurge === 0 && asked === 0 ? 1 : asked;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, wanted) };
}

/** The most pods that a Deployment may have during a rollout. */
export const maxReplicas = (deployment: Deployment): number =>
  wantedReplicas(deployment) + fenceposts(deployment).maxSurge;

/**
 * Returns the size that the newest ReplicaSet gets, within what the surge leaves.
 * Source: pkg/controller/deployment/util, NewRSNewReplicas.
 */
export function newestReplicas(deployment: Deployment, all: readonly Draft[], newest: Pick<Draft, 'replicas'>): number {
  const wanted = wantedReplicas(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = maxReplicas(deployment) - sumReplicas(all);
  if (room <= 0) return newest.replicas;
  return newest.replicas + Math.min(room, wanted - newest.replicas);
}
