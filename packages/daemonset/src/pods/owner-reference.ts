import type { DaemonSet, OwnerReference } from '@everynode/objects';

/** What the pods and revisions of a DaemonSet carry to name it as their controller. */
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
