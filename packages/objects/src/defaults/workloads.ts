import type { Deployment, ReplicationController, StatefulSet } from '../kinds/api-types.js';
import { setClaimDefaults } from './claims.js';
import { setDeclaredDefaults } from './declared.js';

const QUARTER = '25%';
const HISTORY = 10;
const PROGRESS_SECONDS = 600;

/** pkg/apis/apps/v1 SetDefaults_Deployment. */
export function setDeploymentDefaults(deployment: Deployment): void {
  setDeclaredDefaults('io.k8s.api.apps.v1.Deployment', deployment);
  const { spec } = deployment;
  if (!spec) return;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  const { strategy } = spec;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= QUARTER;
    strategy.rollingUpdate.maxSurge ??= QUARTER;
  }
  spec.revisionHistoryLimit ??= HISTORY;
  spec.progressDeadlineSeconds ??= PROGRESS_SECONDS;
}

/** pkg/apis/apps/v1 SetDefaults_StatefulSet. */
export function setStatefulSetDefaults(statefulSet: StatefulSet): void {
  setDeclaredDefaults('io.k8s.api.apps.v1.StatefulSet', statefulSet);
  const { spec } = statefulSet;
  if (!spec) return;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  const { updateStrategy } = spec;
  if (!updateStrategy.type) {
    updateStrategy.type = 'RollingUpdate';
    updateStrategy.rollingUpdate ??= {};
  }
  if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate) {
    updateStrategy.rollingUpdate.partition ??= 0;
    updateStrategy.rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= HISTORY;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    claim.status ??= {};
    setClaimDefaults(claim);
  }
}

/** pkg/apis/core/v1 SetDefaults_ReplicationController: the template's labels are the selector and the labels. */
export function setReplicationControllerDefaults({ metadata = {}, spec }: ReplicationController): void {
  if (!spec) return;
  const labels = spec.template?.metadata?.labels;
  if (labels) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
}
