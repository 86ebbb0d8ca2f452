import type { OwnerReference } from '@everynode/objects';

/** The kinds whose objects own pods, and what their references name. */
export interface OwnerKind {
  apiVersion: string;
  kind: string;
}

/** The reference by which an object names its controller. */
export function ownerReferenceTo(
  { apiVersion, kind }: OwnerKind,
  { metadata }: { metadata?: { name?: string; uid?: string } },
): OwnerReference {
  return {
    apiVersion,
    kind,
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
