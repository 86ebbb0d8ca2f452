import {
  conditionOf,
  type Deployment,
  type DeploymentCondition,
  type DeploymentStatus,
  type ReplicaSetCondition,
} from '@everynode/objects';
import { withCondition, withoutCondition } from '../conditions.js';
import { type DeploymentPass, hasDeadline } from './deployment-pass.js';
import { counted, type Draft, sumCounted } from './draft.js';
import { fenceposts } from './fenceposts.js';

const PROGRESSING = 'Progressing';
const FAILURE = 'ReplicaFailure';
const COMPLETE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';

/** Source: pkg/controller/deployment/sync.go, calculateStatus. */
export function deploymentStatus(pass: DeploymentPass): DeploymentStatus {
  const { deployment, all, newest, wanted, at } = pass;
  const { collisionCount } = deployment.status ?? {};
  const { generation } = deployment.metadata;
  const replicas = sumCounted(all, 'replicas');
  const available = sumCounted(all, 'availableReplicas');
  const isAvailable = available >= wanted - fenceposts(deployment).maxUnavailable;
  const conditions = withCondition(pass.conditions, {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isAvailable ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    lastUpdateTime: at,
    lastTransitionTime: at,
  });
  const counters = {
    replicas,
    updatedReplicas: newest ? counted(newest, 'replicas') : 0,
    readyReplicas: sumCounted(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, replicas - available),
  };
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0)),
    terminatingReplicas: sumCounted(all, 'terminatingReplicas'),
    conditions,
    ...(collisionCount != null && { collisionCount }),
  };
}

/** Whether all pods are of the newest template, and available. Source: deployment/util, DeploymentComplete. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {};
  const wanted = deployment.spec?.replicas ?? 1;
  return (
    [updatedReplicas, replicas, availableReplicas].every((count) => count === wanted) &&
    observedGeneration >= (deployment.metadata?.generation ?? 0)
  );
}

/** Source: deployment/util, DeploymentProgressing. */
function isMoving(before: DeploymentStatus = {}, status: DeploymentStatus): boolean {
  const of = ({ replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 }: DeploymentStatus) => ({
    old: replicas - updatedReplicas,
    updated: updatedReplicas,
    ready: readyReplicas,
    available: availableReplicas,
  });
  const [was, is] = [of(before), of(status)];
  return is.updated > was.updated || is.old < was.old || is.ready > was.ready || is.available > was.available;
}

/**
 * Returns the status with what a rollout adds: its progress, and the failures of its ReplicaSets. `now` is ms since the
 * epoch. Source: pkg/controller/deployment/progress.go, syncRolloutStatus.
 */
export function rolloutStatus(pass: DeploymentPass, now: number): DeploymentStatus {
  const status = deploymentStatus(pass);
  const conditions = withFailure(withProgress(pass, status, now), pass);
  return { ...status, conditions };
}

function withProgress(pass: DeploymentPass, status: DeploymentStatus, now: number): DeploymentCondition[] {
  const { deployment, newest, at } = pass;
  const conditions = status.conditions ?? [];
  if (!hasDeadline(deployment)) return withoutCondition(conditions, PROGRESSING);
  const before = conditionOf({ conditions: pass.conditions }, PROGRESSING);
  const { replicas = 0, updatedReplicas = 0 } = status;
  // A complete rollout stays one when pods come and go.
  if (replicas === updatedReplicas && before?.reason === COMPLETE) return conditions;
  const subject = newest ? `ReplicaSet "${newest.name}"` : `Deployment "${deployment.metadata.name}"`;
  const told = { type: PROGRESSING, lastUpdateTime: at, lastTransitionTime: at };
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, { ...told, status: 'True', reason: COMPLETE, message });
  }
  if (isMoving(deployment.status, status)) {
    const kept = before?.status === 'True' ? before.lastTransitionTime : undefined;
    const message = `${subject} is progressing.`;
    const moving = { ...told, status: 'True', reason: 'ReplicaSetUpdated', message };
    return [...withoutCondition(conditions, PROGRESSING), { ...moving, lastTransitionTime: kept ?? at }];
  }
  if (!isTimedOut(deployment, before, now)) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(conditions, { ...told, status: 'False', reason: TIMED_OUT, message });
}

const deadlineMs = ({ spec }: Deployment): number => (spec?.progressDeadlineSeconds ?? 0) * 1000;

/** Source: deployment/util, DeploymentTimedOut. */
function isTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, now: number): boolean {
  if (!progressing || progressing.reason === COMPLETE) return false;
  if (progressing.reason === TIMED_OUT) return true;
  return Date.parse(progressing.lastUpdateTime ?? '') + deadlineMs(deployment) < now;
}

/** Failures of the newest ReplicaSet count before those of the old ones. Source: sync.go, getReplicaFailures. */
function withFailure(
  conditions: readonly DeploymentCondition[],
  { newest, all }: DeploymentPass,
): DeploymentCondition[] {
  const failureOf = ({ stored }: Draft): ReplicaSetCondition | undefined => conditionOf(stored?.status, FAILURE);
  const failure = (newest && failureOf(newest)) ?? all.map(failureOf).find((one) => one !== undefined);
  if (!failure) return withoutCondition(conditions, FAILURE);
  const { lastTransitionTime } = failure;
  return withCondition(conditions, {
    ...failure,
    ...(lastTransitionTime !== undefined && { lastUpdateTime: lastTransitionTime }),
  });
}

/** When the deadline of a rollout is over, in ms from now; undefined where nothing waits for it. */
export function deadlineInMs(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const progressing = conditionOf(status, PROGRESSING);
  if (!hasDeadline(deployment) || !progressing || progressing.reason === TIMED_OUT) return undefined;
  if (progressing.reason === COMPLETE || isComplete(deployment, status)) return undefined;
  const at = Date.parse(progressing.lastUpdateTime ?? '') + deadlineMs(deployment);
  return Math.max(0, at - now) + 1000;
}
