import type { PersistentVolume, PersistentVolumeClaim } from '../kinds/api-types.js';

/** pkg/apis/core/v1 SetDefaults_PersistentVolumeClaim. */
export function setClaimDefaults(claim: PersistentVolumeClaim): void {
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
  claim.spec ??= {};
  claim.spec.volumeMode ??= 'Filesystem';
}

/** pkg/apis/core/v1 SetDefaults_PersistentVolume. */
export function setVolumeObjectDefaults(volume: PersistentVolume): void {
  volume.status ??= {};
  volume.status.phase ||= 'Pending';
  volume.spec ??= {};
  volume.spec.persistentVolumeReclaimPolicy ||= 'Retain';
  volume.spec.volumeMode ??= 'Filesystem';
  const { hostPath } = volume.spec;
  if (hostPath) hostPath.type ??= '';
}
