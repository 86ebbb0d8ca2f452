import type { JournalEntry } from '@everynode/contract';
import type { Current, Decision, ObjectKey } from './write.js';

/** What one batch of this process wrote, for readers in the same process. */
export interface CommittedBatch {
  /** Revision of the first entry. */
  first: number;
  /** In revision order. Of a change to the observed state alone, the other parts are not known here and empty. */
  entries: JournalEntry[];
}

/** What a change writes that makes or removes an object. */
const EVERYTHING: JournalEntry['changed'] = { metadata: true, desired: true, observed: true };

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
  const named = { resource, namespace, name, revision };
  if (decision.kind === 'create') {
    const { uid, parts, placement, deleting = false } = decision;
    return { type: 'ADDED', ...named, uid, previous: 0, changed: EVERYTHING, ...parts, placement, deleting };
  }
  if (!current) return undefined;
  const { uid, revision: previous, placement, deleting } = current;
  const metadata = decision.parts?.metadata ?? current.metadata;
  const desired = decision.parts?.desired ?? current.desired;
  const observed = decision.parts?.observed === undefined ? current.observed : decision.parts.observed;
  const isWhole = metadata !== undefined && desired !== undefined && observed !== undefined;
  if (decision.kind === 'delete') {
    if (!isWhole) return undefined;
    const parts = { metadata, desired, observed };
    return { type: 'DELETED', ...named, uid, previous, changed: EVERYTHING, ...parts, placement, deleting };
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
    ...named,
    uid,
    previous,
    changed,
    metadata: metadata ?? '',
    desired: desired ?? '',
    observed: observed ?? null,
    placement: decision.placement === undefined ? placement : decision.placement,
    deleting: decision.deleting ?? deleting,
  };
}
