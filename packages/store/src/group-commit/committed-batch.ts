import type { JournalEntry } from '@everynode/contract';
import { changedParts } from '../journal-row.js';
import type { Change } from '../statements/changes.js';

/** What one batch of this process wrote, for readers in the same process. */
export interface CommittedBatch {
  /** Revision of the first entry. */
  first: number;
  count: number;
  /**
   * In revision order. Parts that a change did not write may not be known here, and are empty then. Undefined where a
   * change has to be published whole and was read in part: then the journal has the entries.
   */
  entries: JournalEntry[] | undefined;
}

/** Called with a batch right after its commit, before its writes resolve. It must be quick and must not throw. */
export type CommitListener = (batch: CommittedBatch) => void;

/**
 * The journal's row of a change, from what the writer knows of it. Undefined when the writer does not know all that is
 * published: the decision read little of the object and changed what an agent must receive whole.
 */
export function committedEntry({ key, decision, current, revision }: Change): JournalEntry | undefined {
  const { resource, namespace, name } = key;
  const named = { resource, namespace, name, revision };
  const changed = changedParts(decision);
  if (decision.kind === 'create') {
    const { uid, parts, placement, deleting = false } = decision;
    return { type: 'ADDED', ...named, uid, previous: 0, changed, ...parts, placement, deleting };
  }
  if (!current) return undefined;
  const { uid, revision: previous, placement, deleting } = current;
  const { parts = {} } = decision;
  const metadata = parts.metadata ?? current.metadata;
  const desired = parts.desired ?? current.desired;
  const observed = parts.observed === undefined ? current.observed : parts.observed;
  const written = {
    ...named,
    uid,
    previous,
    changed,
    metadata: metadata ?? '',
    desired: desired ?? '',
    observed: observed ?? null,
  };
  if (decision.kind === 'delete') return { type: 'DELETED', ...written, placement, deleting };
  const isWhole = metadata !== undefined && desired !== undefined && observed !== undefined;
  const isDeleting = decision.deleting ?? deleting;
  // An agent needs the whole pod when the pod has changed, and not when it is to be ended.
  if (!isWhole && (changed.desired || (changed.metadata && !isDeleting))) return undefined;
  return {
    type: 'MODIFIED',
    ...written,
    placement: decision.placement === undefined ? placement : decision.placement,
    deleting: isDeleting,
  };
}
