import type { JournalEntry } from '@everynode/contract';
import type { Selectable } from 'kysely';
import type { Database } from './schema.js';
import type { WritingDecision } from './statements/changes.js';
import { OBJECT_COLUMNS } from './statements/object-columns.js';

/** The numbers that stand for a change's type in the journal. */
export const JOURNAL_TYPES = { create: 1, update: 2, delete: 3 } as const;
const TYPE_NAMES = { 1: 'ADDED', 2: 'MODIFIED', 3: 'DELETED' } as const;

/** The bits that stand for the parts that a change wrote. */
const BITS = { metadata: 1, desired: 2, observed: 4 };

/** All columns of a journal row but the time of the write: no reader needs it, and it costs a Date to decode. */
export const JOURNAL_COLUMNS = [...OBJECT_COLUMNS, 'type', 'previous', 'changed', 'deleting'] as const;

type JournalRow = Pick<Selectable<Database['journal']>, (typeof JOURNAL_COLUMNS)[number]>;

/** Which parts a change writes: all of a new object, and else those that the decision names. */
export function changedParts({ kind, parts = {} }: WritingDecision): JournalEntry['changed'] {
  const all = kind === 'create';
  return {
    metadata: all || parts.metadata !== undefined,
    desired: all || parts.desired !== undefined,
    observed: all || parts.observed !== undefined,
  };
}

export function changedBits(decision: WritingDecision): number {
  const { metadata, desired, observed } = changedParts(decision);
  return (metadata ? BITS.metadata : 0) | (desired ? BITS.desired : 0) | (observed ? BITS.observed : 0);
}

/** The journal's row as an entry. @throws Error for a type that does not exist. */
export function entryFrom(row: JournalRow): JournalEntry {
  const type = TYPE_NAMES[row.type as keyof typeof TYPE_NAMES];
  if (!type) throw new Error(`journal row ${row.revision} has type ${row.type}`);
  const { resource, namespace, name, uid, revision, previous, metadata, desired, observed, placement, deleting } = row;
  const changed = {
    metadata: (row.changed & BITS.metadata) !== 0,
    desired: (row.changed & BITS.desired) !== 0,
    observed: (row.changed & BITS.observed) !== 0,
  };
  return {
    type,
    resource,
    namespace,
    name,
    uid,
    revision,
    previous,
    changed,
    metadata,
    desired,
    observed,
    placement,
    deleting,
  };
}
