import { type Envelope, isSealed } from '../encryption/envelope.js';
import { FencedError } from '../errors.js';
import type { Change, Note, WritingDecision } from '../statements/changes.js';
import type { ReadRow } from '../statements/select-current.js';
import type { ObjectKey } from '../write.js';
import type { BatchState } from './batch-transaction.js';
import { type QueuedWrite, refuseIfOver } from './queued-write.js';
import { type Charged, QuotaLedger } from './quota-ledger.js';
import { checkStorable } from './storable.js';

/** A change, and the write that asked for it: none for what a quota has counted. */
interface DecidedChange extends Change {
  readonly write: QueuedWrite | undefined;
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

/** The time of a decision: ms of the monotonic clock, and ms since the epoch. */
export interface Moment {
  monotonic: number;
  wall: number;
}

/**
 * How long a batch decides, in ms, and one decision at least. Meanwhile the process does nothing else, and all other
 * writers wait for the counter row that the transaction holds. Usual writes are decided by the hundred in this time.
 */
const DECIDING_MS = 20;

/**
 * Runs the decisions of a batch on what the transaction has read. Returns the changes, with revisions that follow the
 * last one without a gap, and the notes, which have none; and the writes that are left when the time is up. A write
 * that keeps its object as it is resolves here. One whose client has given up before `now`, one whose decision throws,
 * and one that a quota does not allow reject here: the other writes of the batch go on.
 */
export function decideBatch(
  batch: readonly QueuedWrite[],
  state: BatchState,
  now: Moment,
  envelope: Envelope,
): { decided: Decided; left: readonly QueuedWrite[] } {
  const decisions = new BatchDecisions(state, new QuotaLedger(state.quotas, now.wall), envelope);
  const until = performance.now() + DECIDING_MS;
  const left: QueuedWrite[] = [];
  let isLate = false;
  for (const i of quotasLast(batch)) {
    const write = batch[i] as QueuedWrite;
    if (isLate) {
      left.push(write);
      continue;
    }
    if (refuseIfOver(write, now.monotonic)) continue;
    try {
      decisions.run(write, state.rows[i]);
    } catch (error) {
      write.reject(error);
    }
    isLate = performance.now() > until;
  }
  decisions.storeCharges();
  return { decided: decisions, left };
}

/** The indices of a batch. Writes of quotas come last: they see what the others were charged. */
function quotasLast(batch: readonly QueuedWrite[]): number[] {
  const isQuota = (i: number): boolean => batch[i]?.key.resource === 'resourcequotas';
  const indices = [...batch.keys()];
  if (!indices.some(isQuota)) return indices;
  return [...indices.filter((i) => !isQuota(i)), ...indices.filter(isQuota)];
}

class BatchDecisions implements Decided {
  readonly changes: DecidedChange[] = [];
  readonly notes: DecidedNote[] = [];
  readonly #state: BatchState;
  readonly #ledger: QuotaLedger;
  readonly #envelope: Envelope;

  constructor(state: BatchState, ledger: QuotaLedger, envelope: Envelope) {
    this.#state = state;
    this.#ledger = ledger;
    this.#envelope = envelope;
  }

  /** @throws what the decision throws, FencedError, DataRefusedError, and ApiError for what a quota does not allow. */
  run(write: QueuedWrite, row: ReadRow | undefined): void {
    const { fence, key } = write;
    if (fence && this.#state.epochs.get(fence.shard) !== fence.epoch) throw new FencedError(fence.shard, fence.epoch);
    const charged = this.#ledger.chargedBefore(key);
    if (charged) this.#runOnCharged(write, charged);
    else this.#decide(write, opened(key, row, this.#envelope));
  }

  #decide(write: QueuedWrite, current: ReadRow | undefined): void {
    const { key } = write;
    const decision = write.decide(current);
    checkStorable(key, decision);
    if (decision.kind !== 'keep') {
      this.#add(write, key, decision, current);
      return;
    }
    const { sequence } = decision;
    if (current && sequence !== undefined) this.notes.push({ write, key, current, sequence });
    else write.resolve({ outcome: 'kept', uid: current?.uid, revision: current?.revision ?? 0 });
  }

  /** The decision sees the quota as this batch leaves it, under the revision that it gets by that. */
  #runOnCharged(write: QueuedWrite, { row, observed }: Charged): void {
    const { key } = write;
    const decision = write.decide({ ...row, observed, revision: this.#nextRevision });
    checkStorable(key, decision);
    if (decision.kind === 'keep') this.#add(write, key, statusUpdate(observed), row);
    else if (decision.kind !== 'update') this.#add(write, key, decision, row);
    else this.#add(write, key, { ...decision, parts: { observed, ...decision.parts } }, row);
  }

  /** Adds what quotas have counted, where no other change stores it. */
  storeCharges(): void {
    for (const { row, observed } of this.#ledger.charged()) {
      const { namespace, name } = row;
      this.#push(undefined, { resource: 'resourcequotas', namespace, name }, statusUpdate(observed), row);
    }
  }

  #add(write: QueuedWrite, key: ObjectKey, decision: WritingDecision, current: ReadRow | undefined): void {
    if ((decision.kind === 'create') !== (current === undefined)) {
      throw new Error(
        `decided to ${decision.kind} ${key.resource} ${key.namespace}/${key.name}, which does not fit what is stored`,
      );
    }
    this.#push(write, key, decision, current);
  }

  #push(write: QueuedWrite | undefined, key: ObjectKey, decision: WritingDecision, current: ReadRow | undefined): void {
    const stored = sealed(key, decision, current, this.#envelope);
    // The last that may refuse the write: what is counted is stored.
    if (write) this.#ledger.charge(key, decision, current);
    this.changes.push({ write, key, decision, stored, current, revision: this.#nextRevision });
    this.#ledger.settle(key);
  }

  get #nextRevision(): number {
    return this.#state.revision + this.changes.length + 1;
  }
}

const statusUpdate = (observed: string): WritingDecision => ({ kind: 'update', parts: { observed } });

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
