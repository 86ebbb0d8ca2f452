import type { Container, PodSpec } from '@everynode/objects';

/** The resources that a pod can refer to, and that a node may read for it. */
export type ReferencedResource = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts';

export interface PodReference {
  resource: ReferencedResource;
  name: string;
}

/** A pod as the node authorizer sees it. */
export interface PodOnNode {
  namespace: string;
  name: string;
  spec: PodSpec;
  /** A mirror pod stands for one that a node runs by itself: it gives the node nothing. */
  isMirror: boolean;
}

/** Volume sources that name a Secret in `secretRef.name`. */
const WITH_SECRET_REF = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos'] as const;

interface Named {
  name?: string;
}

type Volume = NonNullable<PodSpec['volumes']>[number];

type Found = [resource: ReferencedResource, name: string | undefined];

function ofContainer({ env = [], envFrom = [] }: Pick<Container, 'env' | 'envFrom'>): Found[] {
  return [
    ...env.flatMap(({ valueFrom }): Found[] => [
      ['secrets', valueFrom?.secretKeyRef?.name],
      ['configmaps', valueFrom?.configMapKeyRef?.name],
    ]),
    ...envFrom.flatMap(({ secretRef, configMapRef }): Found[] => [
      ['secrets', secretRef?.name],
      ['configmaps', configMapRef?.name],
    ]),
  ];
}

function ofVolume(volume: Volume, pod: string): Found[] {
  const { name, secret, configMap, projected, azureFile, csi, persistentVolumeClaim, ephemeral } = volume;
  const sources = volume as Partial<Record<(typeof WITH_SECRET_REF)[number], { secretRef?: Named }>>;
  return [
    ['secrets', secret?.secretName],
    ['secrets', azureFile?.secretName],
    ['secrets', csi?.nodePublishSecretRef?.name],
    ...WITH_SECRET_REF.map((source): Found => ['secrets', sources[source]?.secretRef?.name]),
    ['configmaps', configMap?.name],
    ...(projected?.sources ?? []).flatMap((source): Found[] => [
      ['secrets', source.secret?.name],
      ['configmaps', source.configMap?.name],
    ]),
    ['persistentvolumeclaims', persistentVolumeClaim?.claimName ?? (ephemeral && `${pod}-${name}`)],
  ];
}

/**
 * What a pod refers to in its namespace. Source: pkg/api/v1/pod/util.go, VisitPodSecretNames and
 * VisitPodConfigmapNames; plugin/pkg/auth/authorizer/node/graph.go, AddPod.
 */
export function podReferences({ name, spec, isMirror }: Pick<PodOnNode, 'name' | 'spec' | 'isMirror'>): PodReference[] {
  if (isMirror) return [];
  const { serviceAccountName, imagePullSecrets = [], volumes = [] } = spec;
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const found: Found[] = [
    ['serviceaccounts', serviceAccountName],
    ...imagePullSecrets.map((one): Found => ['secrets', one.name]),
    ...containers.flatMap(ofContainer),
    ...volumes.flatMap((volume) => ofVolume(volume, name)),
  ];
  return found.flatMap(([resource, named]) => (named ? [{ resource, name: named }] : []));
}
