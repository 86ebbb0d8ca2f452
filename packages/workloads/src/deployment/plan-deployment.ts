import {
  conditionOf,
  type Deployment,
  type DeploymentStatus,
  type Pod,
  type ReplicaSet,
  type Stored,
} from '@everynode/objects';
import { DeploymentPass, hasDeadline, type WorkloadEvent } from './deployment-pass.js';
import { deadlineInMs, deploymentStatus, isComplete, rolloutStatus } from './deployment-status.js';
import type { Draft } from './draft.js';
import type { NewReplicaSet } from './new-replica-set.js';
import { isScaling, scaleAll } from './scaling.js';
import { recreate, rollOn, trimHistory } from './strategies.js';

/** A ReplicaSet as it shall be. */
export type ReplicaSetChange = Pick<Draft, 'replicas' | 'minReadySeconds' | 'annotations'> & {
  stored: Stored<ReplicaSet>;
};

/** What one pass does. */
export interface DeploymentPlan {
  create: NewReplicaSet | undefined;
  updates: ReplicaSetChange[];
  deletes: Stored<ReplicaSet>[];
  /** For the Deployment's annotation; undefined where it stays. */
  revision: string | undefined;
  status: DeploymentStatus;
  /** Those of changes of ReplicaSets. */
  events: WorkloadEvent[];
  /** When time alone changes the status, in ms from now. */
  requeueAfterMs: number | undefined;
}

/** What a pass is made from. */
export interface DeploymentView {
  deployment: Stored<Deployment>;
  /** Those that the Deployment controls. */
  replicaSets: readonly Stored<ReplicaSet>[];
  /** Returns the pods of these ReplicaSets. */
  pods: () => readonly Pod[];
  /** ms since the epoch. */
  now: number;
  /** The same moment, as the API writes times. */
  at: string;
}

/**
 * Returns what brings a Deployment closer to what it asks for.
 * Source: pkg/controller/deployment/deployment_controller.go, syncDeployment.
 */
export function planDeployment({ deployment, replicaSets, pods, now, at }: DeploymentView): DeploymentPlan {
  const pass = new DeploymentPass(deployment, replicaSets, at);
  const status = advance(pass, pods, now);
  return {
    create: createdBy(pass),
    updates: pass.all.flatMap((draft) => changeOf(draft, pass)),
    deletes: [...pass.deleted].flatMap(({ stored }) => stored ?? []),
    revision: pass.revision,
    status,
    events: pass.events,
    requeueAfterMs: deadlineInMs(deployment, status, now),
  };
}

function advance(pass: DeploymentPass, pods: () => readonly Pod[], now: number): DeploymentStatus {
  const { deployment } = pass;
  if (deployment.metadata.deletionTimestamp != null) {
    pass.syncNewest();
    return deploymentStatus(pass);
  }
  tellPaused(pass);
  pass.syncNewest();
  const isPaused = deployment.spec?.paused === true;
  if (isPaused || isScaling(pass)) {
    scaleAll(pass);
    if (isPaused) trimHistory(pass);
    return deploymentStatus(pass);
  }
  if (deployment.spec?.strategy?.type === 'Recreate') recreate(pass, pods());
  else rollOn(pass);
  if (isComplete(deployment, deployment.status)) trimHistory(pass);
  return rolloutStatus(pass, now);
}

/** A rollout that was paused is not late when it goes on. Source: sync.go, checkPausedConditions. */
function tellPaused(pass: DeploymentPass): void {
  const { deployment } = pass;
  if (!hasDeadline(deployment)) return;
  const reason = conditionOf(pass, 'Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return;
  const isPaused = deployment.spec?.paused === true;
  const told = { type: 'Progressing', status: 'Unknown' };
  if (isPaused && reason !== 'DeploymentPaused') {
    pass.setCondition({ ...told, reason: 'DeploymentPaused', message: 'Deployment is paused' });
  } else if (!isPaused && reason === 'DeploymentPaused') {
    pass.setCondition({ ...told, reason: 'DeploymentResumed', message: 'Deployment is resumed' });
  }
}

function createdBy({ created, newest }: DeploymentPass): NewReplicaSet | undefined {
  if (!created || !newest) return undefined;
  return {
    ...created,
    metadata: { ...created.metadata, annotations: newest.annotations },
    spec: { ...created.spec, replicas: newest.replicas },
  };
}

function changeOf(draft: Draft, { deleted }: DeploymentPass): ReplicaSetChange[] {
  const { stored, replicas, minReadySeconds, annotations } = draft;
  if (!stored || deleted.has(draft)) return [];
  const { spec, metadata } = stored;
  const isSame =
    replicas === (spec?.replicas ?? 1) &&
    minReadySeconds === (spec?.minReadySeconds ?? 0) &&
    JSON.stringify(annotations) === JSON.stringify(metadata.annotations ?? {});
  return isSame ? [] : [{ stored, replicas, minReadySeconds, annotations }];
}
