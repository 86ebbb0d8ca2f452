import { FencedError } from '../errors.js';
import type { Change, Note } from '../statements/changes.js';
import type { BatchState } from './batch-transaction.js';
import { type QueuedWrite, refuseIfOver } from './queued-write.js';
import { checkStorable } from './storable.js';

/** A change, and the write that asked for it. */
interface DecidedChange extends Change {
  readonly write: QueuedWrite;
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
): Decided {
  const changes: DecidedChange[] = [];
  const notes: DecidedNote[] = [];
  batch.forEach((write, i) => {
    const current = rows[i];
    const { fence, key } = write;
    if (refuseIfOver(write, now)) return;
    try {
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
      changes.push({ write, key, decision, current, revision: lastRevision + changes.length + 1 });
    } catch (error) {
      write.reject(error);
    }
  });
  return { changes, notes };
}
