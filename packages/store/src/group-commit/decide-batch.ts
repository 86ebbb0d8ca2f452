import { type Envelope, isSealed } from '../encryption/envelope.js';
import { FencedError } from '../errors.js';
import type { Change, Note, WritingDecision } from '../statements/changes.js';
import type { ReadRow } from '../statements/select-current.js';
import type { ObjectKey } from '../write.js';
import type { BatchState } from './batch-transaction.js';
import { type QueuedWrite, refuseIfOver } from './queued-write.js';
import { checkStorable } from './storable.js';

/** A change, and the write that asked for it. */
interface DecidedChange extends Change {
  readonly write: QueuedWrite;
  /** The decision with its parts as they are stored: encrypted where the resource is. */
  readonly stored: WritingDecision;
}

/** A note, and the write that asked for it. */
interface DecidedNote extends Note {
  readonly write: QueuedWrite;
}

/** What a batch writes. */
export interface Decided {
  readonly changes: readonly DecidedChange[];
  readonly notes: readonly DecidedNote[];
}

/**
 * Runs every decision of a batch on what the transaction has read. Returns the changes, with revisions that follow the
 * last one without a gap, and the notes, which have none. A write that keeps its object as it is resolves here. One
 * whose client has given up before `now`, and one whose decision throws, reject here: the other writes of the batch go
 * on.
 */
export function decideBatch(
  batch: readonly QueuedWrite[],
  { revision: lastRevision, rows, epochs }: BatchState,
  now: number,
  envelope: Envelope,
): Decided {
  const changes: DecidedChange[] = [];
  const notes: DecidedNote[] = [];
  batch.forEach((write, i) => {
    const { fence, key } = write;
    if (refuseIfOver(write, now)) return;
    try {
      const current = opened(key, rows[i], envelope);
      if (fence && epochs.get(fence.shard) !== fence.epoch) throw new FencedError(fence.shard, fence.epoch);
      const decision = write.decide(current);
      checkStorable(key, decision);
      if (decision.kind === 'keep') {
        const { sequence } = decision;
        if (current && sequence !== undefined) notes.push({ write, key, current, sequence });
        else write.resolve({ outcome: 'kept', uid: current?.uid, revision: current?.revision ?? 0 });
        return;
      }
      if ((decision.kind === 'create') !== (current === undefined)) {
        throw new Error(
          `decided to ${decision.kind} ${key.resource} ${key.namespace}/${key.name}, which does not fit what is stored`,
        );
      }
      const stored = sealed(key, decision, current, envelope);
      changes.push({ write, key, decision, stored, current, revision: lastRevision + changes.length + 1 });
    } catch (error) {
      write.reject(error);
    }
  });
  return { changes, notes };
}

/** The changes as the statements write them. */
export function asStored({ changes, notes }: Decided): { changes: readonly Change[]; notes: readonly Note[] } {
  const isPlain = changes.every(({ decision, stored }) => decision === stored);
  return { changes: isPlain ? changes : changes.map((change) => ({ ...change, decision: change.stored })), notes };
}

function opened(key: ObjectKey, row: ReadRow | undefined, envelope: Envelope): ReadRow | undefined {
  return row && isSealed(key.resource) ? envelope.open({ ...key, uid: row.uid }, row) : row;
}

function sealed(
  key: ObjectKey,
  decision: WritingDecision,
  current: ReadRow | undefined,
  envelope: Envelope,
): WritingDecision {
  const { parts } = decision;
  if (!parts || !isSealed(key.resource)) return decision;
  const uid = decision.kind === 'create' ? decision.uid : (current?.uid ?? '');
  return { ...decision, parts: envelope.seal({ ...key, uid }, parts) } as WritingDecision;
}
