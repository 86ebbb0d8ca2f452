import type { JournalEntry } from '@everynode/contract';
import type { Current, Decision, ObjectKey } from './write.js';

/** What one batch of this process wrote, for readers in the same process. */
export interface CommittedBatch {
  /** Revision of the first entry. */
  first: number;
  /** In revision order. Of a change to the observed state alone, the other parts are not known here and empty. */
  entries: JournalEntry[];
}

/**
 * The journal's row of a change, from what the writer knows of it; undefined when that is not all that a relay needs: a
 * decision that read little and wrote more than the observed state.
 */
export function committedEntry(
  { resource, namespace, name }: ObjectKey,
  decision: Exclude<Decision, { kind: 'keep' }>,
  current: Current | undefined,
  revision: number,
): JournalEntry | undefined {
  if (decision.kind === 'create') {
    const { uid, parts, placement, deleting = false } = decision;
    const changed = { metadata: true, desired: true, observed: true };
    return {
      type: 'ADDED',
      resource,
      namespace,
      name,
      uid,
      revision,
      previous: 0,
      changed,
      ...parts,
      placement,
      deleting,
    };
  }
  if (!current) return undefined;
  const { uid, revision: previous } = current;
  const metadata = decision.parts?.metadata ?? current.metadata;
  const desired = decision.parts?.desired ?? current.desired;
  const observed = decision.parts?.observed === undefined ? current.observed : decision.parts.observed;
  const isWhole = metadata !== undefined && desired !== undefined && observed !== undefined;
  if (decision.kind === 'delete') {
    if (!isWhole) return undefined;
    const changed = { metadata: true, desired: true, observed: true };
    const { placement, deleting } = current;
    const parts = { metadata, desired, observed };
    return {
      type: 'DELETED',
      resource,
      namespace,
      name,
      uid,
      revision,
      previous,
      changed,
      ...parts,
      placement,
      deleting,
    };
  }
  const { parts } = decision;
  const changed = {
    metadata: parts.metadata !== undefined,
    desired: parts.desired !== undefined,
    observed: parts.observed !== undefined,
  };
  if (!isWhole && (changed.metadata || changed.desired)) return undefined;
  return {
    type: 'MODIFIED',
    resource,
    namespace,
    name,
    uid,
    revision,
    previous,
    changed,
    metadata: metadata ?? '',
    desired: desired ?? '',
    observed: observed ?? null,
    placement: decision.placement === undefined ? current.placement : decision.placement,
    deleting: decision.deleting ?? current.deleting,
  };
}
