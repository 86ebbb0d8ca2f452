import type { JournalEntry } from '@everynode/contract';
import type { Decision, ObjectKey, ReadRow } from '../write.js';

/** What one batch of this process wrote, for readers in the same process. */
export interface CommittedBatch {
  /** Revision of the first entry. */
  first: number;
  count: number;
  /**
   * In revision order. Parts that a change did not write may not be known here, and are empty then. Undefined where more is
   * not known than that: it has to be read from the journal.
   */
  entries: JournalEntry[] | undefined;
}

/** Called with a batch right after its commit, before its writes resolve. It must be quick and must not throw. */
export type CommitListener = (batch: CommittedBatch) => void;

type Writing = Exclude<Decision, { kind: 'keep' }>;

/** Which parts a change writes: all of a new object, and else those that the decision names. */
export function changedParts({ kind, parts = {} }: Writing): JournalEntry['changed'] {
  const all = kind === 'create';
  return {
    metadata: all || parts.metadata !== undefined,
    desired: all || parts.desired !== undefined,
    observed: all || parts.observed !== undefined,
  };
}

/**
 * The journal's row of a change, from what the writer knows of it; undefined when that is not all that is to be
 * published: a decision that read little and changed what an agent has to be told of whole.
 */
export function committedEntry(
  { resource, namespace, name }: ObjectKey,
  decision: Writing,
  current: ReadRow | undefined,
  revision: number,
): JournalEntry | undefined {
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
  // Whoever runs the object is sent all of it when it has changed, but not to end it.
  if (!isWhole && (changed.desired || (changed.metadata && !isDeleting))) return undefined;
  return {
    type: 'MODIFIED',
    ...written,
    placement: decision.placement === undefined ? placement : decision.placement,
    deleting: isDeleting,
  };
}
