import type { OwnerReference, Pod, PodSpec, PodTemplateSpec } from '@everynode/objects';

/**
 * Returns the pod that a workload makes of its template, without a name.
 * Source: pkg/controller/controller_utils.go, GetPodFromTemplate.
 */
export function podOfTemplate(
  template: PodTemplateSpec | undefined,
  owner: OwnerReference,
): Pod & { metadata: NonNullable<Pod['metadata']>; spec: PodSpec } {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      labels: { ...labels },
      ...(annotations && { annotations: { ...annotations } }),
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [owner],
    },
    spec: template?.spec ?? { containers: [] },
  };
}
