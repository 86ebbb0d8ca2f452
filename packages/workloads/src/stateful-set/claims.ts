import type { OwnerReference, PersistentVolumeClaim, StatefulSet, Stored } from '@everynode/objects';
import { semanticallyEqual } from '@everynode/objects';
import { ownerReferenceTo } from '../ownership/owner-reference.js';

const STATEFUL_SET = { apiVersion: 'apps/v1', kind: 'StatefulSet' };
const POD = { apiVersion: 'v1', kind: 'Pod' };

/** Looks a claim of the set's namespace up. */
export type ClaimOf = (name: string) => Stored<PersistentVolumeClaim> | undefined;

/** The pod of an ordinal, as claims refer to it. It has no uid while it is not there. */
export interface ClaimingPod {
  metadata: { name: string; uid?: string };
}

export const claimName = (set: StatefulSet, { metadata }: PersistentVolumeClaim, ordinal: number): string =>
  `${metadata?.name}-${set.metadata?.name}-${ordinal}`;

/**
 * The claims of the pod of an ordinal, as they are created.
 * Source: pkg/controller/statefulset/stateful_set_utils.go, getPersistentVolumeClaims.
 */
export function claimsOf(set: Stored<StatefulSet>, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((claim) => ({
    ...claim,
    metadata: {
      ...claim.metadata,
      name: claimName(set, claim, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...claim.metadata?.labels, ...set.spec?.selector.matchLabels },
    },
  }));
}

type Owner = { metadata: { name: string; uid?: string } };

const refersTo = (reference: OwnerReference, kind: typeof POD, { metadata }: Owner): boolean =>
  reference.kind === kind.kind && reference.apiVersion === kind.apiVersion && reference.name === metadata.name;

const isStale = (references: readonly OwnerReference[], kind: typeof POD, owner: Owner): boolean =>
  references.some((reference) => refersTo(reference, kind, owner) && reference.uid !== owner.metadata.uid);

const retention = ({ spec }: StatefulSet): { whenScaled: string; whenDeleted: string } => {
  const { whenScaled = 'Retain', whenDeleted = 'Retain' } = spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenScaled, whenDeleted };
};

/**
 * True where a claim of a pod that is to be created goes with a former pod of its name: the garbage collector has to
 * take it first. Source: stateful_pod_control.go, PodClaimIsStale.
 */
export function waitsForStaleClaim(
  set: Stored<StatefulSet>,
  pod: ClaimingPod,
  names: string[],
  claimOf: ClaimOf,
): boolean {
  if (retention(set).whenScaled === 'Retain') return false;
  return names.some((name) => {
    const claim = claimOf(name);
    return claim !== undefined && isStale(claim.metadata.ownerReferences ?? [], POD, pod);
  });
}

/** A claim whose owners are to change. */
export interface ClaimOwners {
  claim: Stored<PersistentVolumeClaim>;
  /** Returns the owners that are due in place of those that are stored; undefined where these stay. */
  dueOwners: (stored: readonly OwnerReference[] | undefined) => OwnerReference[] | undefined;
}

/** Returns how the owners of a claim are to change; undefined where it has those that it should have. */
export function dueClaimOwners(
  set: Stored<StatefulSet>,
  pod: ClaimingPod,
  claim: Stored<PersistentVolumeClaim>,
  isScaledDown: boolean,
): ClaimOwners | undefined {
  const dueOwners: ClaimOwners['dueOwners'] = (stored) => dueOwnersOf(set, pod, stored ?? [], isScaledDown);
  return dueOwners(claim.metadata.ownerReferences) && { claim, dueOwners };
}

/**
 * The owners that a claim should have by the retention policy: the set where claims go with it, the pod where they go
 * with a pod that is too many. Undefined where it has them, or where another controller keeps it.
 * Source: stateful_set_utils.go, isClaimOwnerUpToDate and updateClaimOwnerRefForSetAndPod.
 */
function dueOwnersOf(
  set: Stored<StatefulSet>,
  pod: ClaimingPod,
  before: readonly OwnerReference[],
  isScaledDown: boolean,
): OwnerReference[] | undefined {
  if (isStale(before, STATEFUL_SET, set) || isStale(before, POD, pod)) return undefined;
  const foreign = before.filter((one) => !refersTo(one, STATEFUL_SET, set) && !refersTo(one, POD, pod));
  const { whenScaled, whenDeleted } = retention(set);
  const isKept = whenScaled === 'Retain' && whenDeleted === 'Retain';
  const own: OwnerReference[] = [];
  if (isKept || !foreign.some(({ controller }) => controller)) {
    if (whenScaled === 'Delete' && isScaledDown) own.push(ownerReferenceTo(POD, pod));
    else if (whenDeleted === 'Delete') own.push(ownerReferenceTo(STATEFUL_SET, set));
  }
  const ownerReferences = [...foreign, ...own];
  return semanticallyEqual(before, ownerReferences) ? undefined : ownerReferences;
}
