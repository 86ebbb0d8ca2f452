import { controllerOf, type LabelSelector, matchesLabelSelector, type OwnerReference } from '@everynode/objects';

/** An object that owns others by a selector. */
export interface Selecting {
  metadata?: { uid?: string; deletionTimestamp?: string };
  spec?: { selector?: LabelSelector };
}

/** What an owner does with an object of its namespace. `own`: the object is its own already. */
type Claim = 'own' | 'adopt' | 'release' | 'ignore';

/**
 * `isMember`: false for an object that is not the owner's whatever its labels are.
 * Source: pkg/controller/controller_ref_manager.go, ClaimObject.
 */
export function claimOf(
  owner: Selecting,
  object: { metadata?: { labels?: Record<string, string>; ownerReferences?: unknown[]; deletionTimestamp?: unknown } },
  isMember = true,
): Claim {
  const deleting = owner.metadata?.deletionTimestamp != null;
  const controller = controllerOf({ ownerReferences: (object.metadata?.ownerReferences ?? []) as OwnerReference[] });
  // First: most objects have another controller, and then no selector is read.
  if (controller && controller.uid !== owner.metadata?.uid) return 'ignore';
  const matches = isMember && matchesLabelSelector(owner.spec?.selector, object.metadata?.labels);
  if (controller) {
    return matches || deleting ? 'own' : 'release';
  }
  return matches && !deleting && object.metadata?.deletionTimestamp == null ? 'adopt' : 'ignore';
}
