import type { JournalChange } from '@everynode/contract';
import type { ObjectRecord } from '@everynode/objects';

/**
 * The record that a change leads to. Parts that the change leaves out come from the version before it.
 *
 * @returns undefined when a part is left out and `before` is not the version that the change follows on.
 */
export function completeRecord(change: JournalChange, before: ObjectRecord | undefined): ObjectRecord | undefined {
  const { resource, namespace, name, uid, revision, placement, metadata, desired, observed } = change;
  if (metadata !== undefined && desired !== undefined && observed !== undefined) {
    return { resource, namespace, name, uid, revision, metadata, desired, observed, placement };
  }
  if (before?.revision !== change.previous) return undefined;
  return {
    resource,
    namespace,
    name,
    uid,
    revision,
    metadata: metadata ?? before.metadata,
    desired: desired ?? before.desired,
    observed: observed === undefined ? before.observed : observed,
    placement,
  };
}
