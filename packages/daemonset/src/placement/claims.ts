import type { PodSpec } from '@everynode/objects';

/** Looks a PersistentVolumeClaim of the pod's namespace up. */
export type ClaimLookup = (name: string) => { isDeleting: boolean } | undefined;

/** The claims that a pod's volumes name. */
const claimNames = ({ volumes }: PodSpec): string[] =>
  (volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : [],
  );

/**
 * Why no node will do, before any is looked at: a claim that is not there. A claim that exists counts as bound, because
 * nothing here binds claims. Source: scheduler plugins VolumeRestrictions and VolumeBinding, PreFilter.
 */
export function claimFault(spec: PodSpec, claimOf: ClaimLookup): string | undefined {
  for (const name of claimNames(spec)) {
    const claim = claimOf(name);
    if (!claim) return `persistentvolumeclaim ${JSON.stringify(name)} not found`;
    if (claim.isDeleting) return `persistentvolumeclaim ${JSON.stringify(name)} is being deleted`;
  }
  return undefined;
}
