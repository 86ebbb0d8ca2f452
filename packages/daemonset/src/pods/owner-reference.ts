import type { DaemonSet, OwnerReference } from '@everynode/objects';

/** The reference by which the pods and revisions of a DaemonSet name it as their controller. */
export function ownerReferenceTo({ metadata }: Pick<DaemonSet, 'metadata'>): OwnerReference {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
