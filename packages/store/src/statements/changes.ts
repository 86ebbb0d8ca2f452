import type { Decision, ObjectKey } from '../write.js';
import type { ReadRow } from './select-current.js';

/** A decision that writes something. */
export type WritingDecision = Exclude<Decision, { kind: 'keep' }>;

/** A change that is about to be written: what the statements of one batch take. */
export interface Change<D extends WritingDecision = WritingDecision> {
  readonly key: ObjectKey;
  readonly decision: D;
  /** The row that the decision was made on; undefined for a new object. */
  readonly current: ReadRow | undefined;
  /** The revision of this change. */
  readonly revision: number;
}

/** The number of a report that changed nothing of its object: it is stored without a revision or a journal row. */
export interface Note {
  readonly key: ObjectKey;
  readonly current: ReadRow;
  readonly sequence: number;
}

export type Creation = Change<Extract<WritingDecision, { kind: 'create' }>>;
export type Update = Change<Extract<WritingDecision, { kind: 'update' }>>;
export type Deletion = Change<Extract<WritingDecision, { kind: 'delete' }>>;

export const isCreation = (change: Change): change is Creation => change.decision.kind === 'create';
export const isUpdate = (change: Change): change is Update => change.decision.kind === 'update';
export const isDeletion = (change: Change): change is Deletion => change.decision.kind === 'delete';
