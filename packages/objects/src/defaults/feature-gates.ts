import type { PodSpec, PodTemplateSpec } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';

/**
 * Drops what belongs to features that are off in Kubernetes 1.36 unless a cluster asks for them: ContainerStopSignals,
 * GenericWorkload, PodCertificateRequest, ClusterTrustBundleProjection. A client that sends it is not told.
 * Source: pkg/api/pod/util.go, dropDisabledFields; pkg/features/kube_features.go.
 */
function dropDisabledFields(spec: PodSpec): void {
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

interface WithPodSpec {
  spec?: { containers?: unknown; template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
  template?: PodTemplateSpec;
}

/** The same in any object with a pod's spec. Upstream does it after the fields have their owners. */
export function dropDisabledIn(object: KubeObject): void {
  const { spec, template } = object as WithPodSpec;
  const specs = [spec?.template?.spec, spec?.jobTemplate?.spec?.template?.spec, template?.spec];
  if (Array.isArray(spec?.containers)) specs.push(spec as PodSpec);
  for (const one of specs) if (one && typeof one === 'object') dropDisabledFields(one);
}
