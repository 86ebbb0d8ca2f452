import { FencedError } from '../errors.js';
import type { Change } from '../statements/changes.js';
import type { BatchState } from './batch-transaction.js';
import { type QueuedWrite, refuseIfOver } from './queued-write.js';

/** A change, and the write that asked for it. */
export interface DecidedChange extends Change {
  readonly write: QueuedWrite;
}

/**
 * Runs every decision of a batch on what the transaction has read. Returns the changes, with revisions that follow the
 * last one without a gap. A write that keeps its object resolves here. One whose client has given up before `now`, and
 * one whose decision throws, reject here: the other writes of the batch go on.
 */
export function decideBatch(
  batch: readonly QueuedWrite[],
  { revision: lastRevision, rows, epochs }: BatchState,
  now: number,
): DecidedChange[] {
  const decided: DecidedChange[] = [];
  batch.forEach((write, i) => {
    const current = rows[i];
    const { fence, key } = write;
    if (refuseIfOver(write, now)) return;
    try {
      if (fence && epochs.get(fence.shard) !== fence.epoch) throw new FencedError(fence.shard, fence.epoch);
      const decision = write.decide(current);
      if (decision.kind === 'keep') {
        write.resolve({ outcome: 'kept', uid: current?.uid, revision: current?.revision ?? 0 });
        return;
      }
      if (decision.kind === 'create' && key.name.includes('\n')) throw new Error(`a name of two lines: ${key.name}`);
      if ((decision.kind === 'create') !== (current === undefined)) {
        throw new Error(
          `decided to ${decision.kind} ${key.resource} ${key.namespace}/${key.name}, which does not fit what is stored`,
        );
      }
      decided.push({ write, key, decision, current, revision: lastRevision + decided.length + 1 });
    } catch (error) {
      write.reject(error);
    }
  });
  return decided;
}
