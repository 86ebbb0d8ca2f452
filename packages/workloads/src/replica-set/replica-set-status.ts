import {
  isPodReady,
  type Pod,
  type ReplicaSet,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
} from '@everynode/objects';
import { withCondition, withoutCondition } from '../conditions.js';
import { availableAt, isPodActive, isPodAvailable, isPodDeleting, isPodTerminal } from '../pods/pod-state.js';

const FAILURE = 'ReplicaFailure';

/** Why a pass could not make or delete all that it should. */
export interface ReplicaFailure {
  reason: 'FailedCreate' | 'FailedDelete';
  message: string;
}

/** The moment of a pass: ms since the epoch, and as the API writes times. */
export interface StatusMoment {
  now: number;
  at: string;
}

/**
 * Returns the status of a ReplicaSet by its pods. What other writers put there stays.
 * Source: pkg/controller/replicaset/replica_set_utils.go, calculateStatus.
 */
export function replicaSetStatus(
  replicaSet: ReplicaSet,
  owned: readonly Pod[],
  failure: ReplicaFailure | undefined,
  { now, at }: StatusMoment,
): ReplicaSetStatus {
  const { spec, status, metadata } = replicaSet;
  const labels = Object.entries(spec?.template?.metadata?.labels ?? {});
  const active = owned.filter(isPodActive);
  const has = (count: number, name: keyof ReplicaSetStatus) => (count > 0 ? { [name]: count } : {});
  const isLabelled = (pod: Pod) => labels.every(([key, value]) => pod.metadata?.labels?.[key] === value);
  const isAvailable = (pod: Pod) => isPodAvailable(pod, spec?.minReadySeconds ?? 0, now);
  const conditions = conditionsOf(status?.conditions, failure, at);
  return {
    replicas: active.length,
    ...has(active.filter(isLabelled).length, 'fullyLabeledReplicas'),
    ...has(active.filter(isPodReady).length, 'readyReplicas'),
    ...has(active.filter(isAvailable).length, 'availableReplicas'),
    terminatingReplicas: owned.filter((pod) => isPodDeleting(pod) && !isPodTerminal(pod)).length,
    ...(metadata?.generation !== undefined && { observedGeneration: metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  };
}

/** A failure keeps the message that it began with, as long as it lasts. */
function conditionsOf(
  before: readonly ReplicaSetCondition[] | undefined,
  failure: ReplicaFailure | undefined,
  at: string,
): ReplicaSetCondition[] {
  if (!failure) return withoutCondition(before, FAILURE);
  if (before?.some(({ type }) => type === FAILURE)) return [...before];
  return withCondition(before, { type: FAILURE, status: 'True', lastTransitionTime: at, ...failure });
}

/** In how many ms the next ready pod becomes available; undefined where no pod waits for that. */
export function nextAvailableInMs(
  pods: readonly Pod[],
  minReadySeconds: number | undefined,
  now: number,
): number | undefined {
  if (!minReadySeconds) return undefined;
  const waits = pods
    .filter(isPodActive)
    .map((pod) => (availableAt(pod, minReadySeconds) ?? 0) - now)
    .filter((ms) => ms > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
