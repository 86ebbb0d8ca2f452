import type { PodSpec } from '../kinds/api-types.js';

/**
 * Drops what belongs to features that are off in Kubernetes 1.36 unless a cluster asks for them: ContainerStopSignals,
 * GenericWorkload, PodCertificateRequest, ClusterTrustBundleProjection. A client that sends it is not told.
 * Source: pkg/api/pod/util.go, dropDisabledFields; pkg/features/kube_features.go.
 */
export function dropDisabledFields(spec: PodSpec): void {
  delete spec.schedulingGroup;
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const { lifecycle } of list ?? []) delete lifecycle?.stopSignal;
  }
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      delete source.podCertificate;
      delete source.clusterTrustBundle;
    }
  }
}
